"""The seam to an IMAP server."""
