"""Tests of lists of workers."""
