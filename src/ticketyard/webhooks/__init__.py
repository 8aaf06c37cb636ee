"""Tell other systems what happened, signed, at least once (Standard Webhooks)."""
