"""What the desk did over a period: measures defined once, counted by whatever one asks for."""
