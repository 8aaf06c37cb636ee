"""The database, version by version, in plain SQL."""
