"""The transaction sender's tables (`lading.chain.sender_tables`)."""

from alembic import op

from lading.chain.sender_tables import tables

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    connection = op.get_bind()
    for statement in tables(postgresql=connection.dialect.name == "postgresql"):
        connection.exec_driver_sql(statement)


def downgrade() -> None:
    """What was sent is not forgotten: there is no way back."""
