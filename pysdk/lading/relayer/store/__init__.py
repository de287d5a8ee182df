"""The database below everything: SQLite or PostgreSQL, its versions and its faults."""
