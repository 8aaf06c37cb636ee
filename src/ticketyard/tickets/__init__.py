"""The conversation and who owns it."""
