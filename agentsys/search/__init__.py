"""One search for people and numbers, within the rows that a user may see."""
