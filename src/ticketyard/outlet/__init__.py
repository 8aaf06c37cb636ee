"""The Celery outlet of spec 4: tell a broker what happened, and do what a broker asks."""
