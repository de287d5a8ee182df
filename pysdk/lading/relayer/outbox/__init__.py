"""The events that are to be anchored, and the batches that they went into."""
