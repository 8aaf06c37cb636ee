"""Tickets that need no person: when one may be resolved by a machine, and what the machine does."""
