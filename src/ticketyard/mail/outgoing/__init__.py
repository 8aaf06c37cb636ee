"""Mail as it leaves: headers that cannot be broken into, and messages made of plain values."""
