"""What the desk knows: documents, articles, solved tickets; read, cut into pieces, found again."""
