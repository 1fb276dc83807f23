"""Closing the months of an office: a checklist, a lock, sealed balances, and a report."""
