"""Run by alembic: the revisions, inside the transaction that `relayer.store.database` began on its connection."""

from alembic import context

from lading.relayer.store.migrations import VERSION_TABLE

context.configure(connection=context.config.attributes["connection"], version_table=VERSION_TABLE)
with context.begin_transaction():
    context.run_migrations()
