"""A conversation about what is known: small talk, answers with proof, and a person when there is none."""
