"""JSON routes and their shapes, one file per resource."""
