"""One file per way in."""
