"""The journal: append-only entries whose postings sum to zero."""
