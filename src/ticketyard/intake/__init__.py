"""Whatever arrives: stored raw first, then understood."""
