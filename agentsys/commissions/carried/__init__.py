"""What enters an agent's next statement beside the rules: adjustments, and what is taken back."""
