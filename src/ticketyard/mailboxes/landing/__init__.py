"""Where a mail lands: which ticket it names, whether its sender may add to it, and carrying that out."""
