"""The company's own steps of work, each standing for a status."""
