"""Tests of the pages of a list of workers, beyond its upload."""
