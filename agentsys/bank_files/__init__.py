"""Files of transfers for banks, made by declared layouts."""
