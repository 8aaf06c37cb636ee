"""Prepared once, used often: macros and ticket templates."""
