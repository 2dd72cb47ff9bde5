"""Called by Alembic: migrate over the connection handed in, inside its transaction (see ``schema.py``)."""

from alembic import context

from pilotage.adapters.storage.schema import VERSION_TABLE
from pilotage.adapters.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
)
context.run_migrations()
