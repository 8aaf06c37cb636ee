"""The syntax of mail, read from bytes in whatever state they are (RFC 5322, 2045 to 2047, 2231)."""
