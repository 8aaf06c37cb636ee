"""Mailboxes: fetch, keep, and file each message under the ticket it proves to belong to."""
