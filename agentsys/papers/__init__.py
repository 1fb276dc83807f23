"""Agents' papers with their expiry and scans, their steps, and the clocks of the decree."""
