"""Visiting every page of the app as each role, and what a visit cost."""
