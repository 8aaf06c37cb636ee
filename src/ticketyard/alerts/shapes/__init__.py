"""Pure: one file for each shape in which alerts arrive."""
