"""Retention: how long data other than money is kept; old data is destroyed with a record."""
