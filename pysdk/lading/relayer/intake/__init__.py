"""What was accepted and is not yet understood, and what could not be."""
