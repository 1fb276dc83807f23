"""Scans and photos that people send: told by their content, and photos encoded again."""
