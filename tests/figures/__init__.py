"""Kept figures of large offices."""
