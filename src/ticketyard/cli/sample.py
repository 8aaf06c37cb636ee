"""Load the sample company."""
