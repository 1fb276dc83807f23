"""Lists in pages: what is asked for, the place where a page begins, and the query itself."""
