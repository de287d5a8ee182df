"""From a reader's bytes to one tag read."""
