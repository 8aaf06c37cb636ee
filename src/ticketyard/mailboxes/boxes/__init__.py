"""What a mailbox is, and how one is added and changed."""
