"""Reading spreadsheets that people send, with protection against malicious files."""
