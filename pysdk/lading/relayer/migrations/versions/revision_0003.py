"""What events are called, so that corrections find them (`lading.relayer.event_names`).

Of what came in documents before this revision, names are noted when the same document is given again.
"""

from alembic import op

revision = "0003"
down_revision = "0002"

_TABLE = """CREATE TABLE event_names (
    name {bytes} NOT NULL CHECK (length(name) = 32),
    event {number} NOT NULL,
    PRIMARY KEY (name, event)
){kind}"""


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        statement = _TABLE.format(bytes="BYTEA", number="BIGINT", kind="")
    else:
        statement = _TABLE.format(bytes="BLOB", number="INTEGER", kind=" STRICT, WITHOUT ROWID")
    connection.exec_driver_sql(statement)


def downgrade() -> None:
    """Names are noted when their events come, and not later: there is no way back."""
