"""Engines that read text; know no ticket."""
