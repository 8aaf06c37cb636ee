"""What is this about? Category, priority, sentiment, language, summary."""
