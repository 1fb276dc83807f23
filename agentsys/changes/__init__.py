"""Changes of a worker's data: some at once, others proposed by one person for another."""
