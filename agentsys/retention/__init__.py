"""How long what is no money is kept, and destroying it after that, with a record."""
