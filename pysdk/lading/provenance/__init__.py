"""Batches, proof bundles and the verdict on an item: pure functions, no I/O and no chain."""
