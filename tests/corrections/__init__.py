"""Tests of closing months."""
