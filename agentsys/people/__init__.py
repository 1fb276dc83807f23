"""Offices, users and their roles, agents, and who may see what."""
