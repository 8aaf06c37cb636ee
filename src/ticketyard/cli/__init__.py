"""The product in a terminal."""
