"""How alembic runs here: on the connection `upgrade` hands it, in its transaction."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], target_metadata=None)
context.run_migrations()
