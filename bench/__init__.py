"""Benchmarks; most compare our code with the simplest code that stores the same data."""
