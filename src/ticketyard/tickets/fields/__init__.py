"""The company's own fields: what they are called, what they may hold, and values checked by it."""
