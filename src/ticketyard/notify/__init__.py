"""Tell people what happened: mail out, from an outbox, at least once."""
