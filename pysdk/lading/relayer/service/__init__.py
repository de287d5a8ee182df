"""The relay as a process that runs for months."""
