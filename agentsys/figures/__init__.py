"""Kept figures of large offices: sums and counts that a job reads again every few minutes."""
