"""Time, storage and the words of the protocol: what knows nothing of payments."""
