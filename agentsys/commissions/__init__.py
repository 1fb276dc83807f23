"""Commissions: rules over confirmed contributions, statements, approval by a second person."""
