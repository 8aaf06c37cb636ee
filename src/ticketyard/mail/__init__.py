"""Mail as bytes and as meaning: reads what arrives, composes what leaves; knows no ticket."""
