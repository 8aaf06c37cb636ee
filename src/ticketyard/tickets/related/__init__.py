"""How tickets belong together: merged, split, linked, followed up."""
