"""Reading documents: bytes of strangers to text with places, and text to chunks. Knows no table."""
