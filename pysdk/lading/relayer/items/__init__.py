"""The item map: for each thing, how many events its publisher counts and the head of their chain."""
