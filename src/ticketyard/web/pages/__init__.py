"""Server-rendered screens, one file per screen."""
