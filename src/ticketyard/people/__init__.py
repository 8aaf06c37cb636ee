"""Companies, agents, teams, offices, requesters, keys."""
