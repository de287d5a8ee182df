"""Run by alembic: the revisions, inside the transaction that `lading.relayer.database` began on its connection."""

from alembic import context

from lading.relayer.migrations import VERSION_TABLE

context.configure(connection=context.config.attributes["connection"], version_table=VERSION_TABLE)
with context.begin_transaction():
    context.run_migrations()
