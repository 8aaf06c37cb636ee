"""Reading across packages: lists, measures, exports."""
