"""Reading the spreadsheets that people send, where a hostile one can do no harm."""
