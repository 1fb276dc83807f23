"""Measurements of what must be fast, each beside the limit of the machine it ran on."""
