"""The books: charges, the life of each transaction, refunds, Snap."""
