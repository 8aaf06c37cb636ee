"""What a message holds: its texts, its HTML made harmless, its files."""
