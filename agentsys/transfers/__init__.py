"""Money between the collection account and people, seen by one and booked by another."""
