"""Lists of workers: reading them, and storing what they say."""
