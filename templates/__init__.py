"""Page templates of the core."""
