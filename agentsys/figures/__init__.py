"""Stored counts and sums of large offices; a job updates them every few minutes."""
