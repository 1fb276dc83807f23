"""Visiting every page of the app as each role, and measuring the visits."""
