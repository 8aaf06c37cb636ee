"""What was promised, and is it kept: calendars, policies, clocks and their ledger."""
