"""How Alembic runs the migrations: inside the transaction that the store opened."""

from alembic import context

from crossdock.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
context.run_migrations()
