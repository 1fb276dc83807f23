"""Which commission rules apply to an office, from when, and with which rates: dated data."""
