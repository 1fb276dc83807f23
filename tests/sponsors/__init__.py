"""Tests of sponsors: agreements, lists, payers, bills and money."""
