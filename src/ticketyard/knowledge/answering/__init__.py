"""Answers that can be checked: every sentence points to the piece of knowledge it stands in."""
