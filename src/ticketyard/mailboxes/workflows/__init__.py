"""What a company does with a kind of mail: checked, run, recorded, tried without effect."""
