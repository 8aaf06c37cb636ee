"""What machines write: automatic mail, and reports of mail that could not be delivered."""
