"""Read folders: what came since, whoever cuts the line, and whether anything is missing."""
