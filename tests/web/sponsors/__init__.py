"""Tests of the pages of sponsors."""
