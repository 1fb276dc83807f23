"""Counter-entries of what people confirmed wrongly: deposits, transfers and payouts."""
