"""Collecting: the one door by which payments change, callbacks, cash in hand, receipts."""
