"""The sample company that `make run` shows."""
