"""Tariff tables by file and by a screen: reading them, what they change, and two people."""
