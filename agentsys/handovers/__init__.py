"""Handing workers over from one agent to others: planned, shown, carried out, undone."""
