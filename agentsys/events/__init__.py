"""What happened: written once, in the transaction of the change, and read by many."""
