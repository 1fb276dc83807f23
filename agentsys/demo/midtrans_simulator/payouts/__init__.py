"""Iris: payouts that one key asks for and another key approves."""
