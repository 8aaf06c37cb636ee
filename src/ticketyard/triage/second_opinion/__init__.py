"""A language model is asked about tickets that the local engines are unsure of; nothing waits for it."""
