"""How strangers extend the system: two hooks, one contract, one registry."""
