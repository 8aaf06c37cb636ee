"""The chat with requesters: answers with proof, a ticket, a person, and who somebody is."""
