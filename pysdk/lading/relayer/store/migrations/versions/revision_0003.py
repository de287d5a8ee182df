"""What events are called, so that corrections find them (`relayer.outbox.event_names`), and which configuration the
lanes are grouped by (`lading.relayer.smoothing.regroup`).

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

_GROUPING = "CREATE TABLE lane_grouping (id INTEGER PRIMARY KEY CHECK (id = 1), grouping TEXT NOT NULL){kind}"


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_TABLE.format(bytes="BYTEA", number="BIGINT", kind=""))
        connection.exec_driver_sql(_GROUPING.format(kind=""))
    else:
        connection.exec_driver_sql(_TABLE.format(bytes="BLOB", number="INTEGER", kind=" STRICT, WITHOUT ROWID"))
        connection.exec_driver_sql(_GROUPING.format(kind=" STRICT"))


def downgrade() -> None:
    """Names are noted when their events come, and not later: there is no way back."""
