"""From the outbox to the chain."""
