"""Who may approve a statement, in which stage, and what has happened to its account since."""
