"""Transfers between the collection account and people: one proposes, another books."""
