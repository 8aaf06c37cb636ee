"""Who hears of a ticket that nobody takes up, and when."""
