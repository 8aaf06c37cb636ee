"""Ticketyard: a service desk that sorts every ticket to the right person, and can say why."""

__version__ = "0.1.0"
