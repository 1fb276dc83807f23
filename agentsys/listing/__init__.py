"""Paged lists: the request, the cursor at which a page begins, and the query."""
