"""Collecting money: payment state changes, provider callbacks, agents' cash, receipts."""
