"""What workers may ask about their data: a copy, correction, withdrawn consent, erasure."""
