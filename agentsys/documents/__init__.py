"""Documents to hand out: PDF and spreadsheets."""
