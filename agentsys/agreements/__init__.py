"""Sponsors, their agreements, and whom an agreement pays for."""
