"""What the relay is told: its file, read and judged once."""
