"""The first tables.

One database (PostgreSQL: one schema) belongs to one log: one publisher in one ProvenanceRegistry on one chain. Times
ending in `_ns` are nanoseconds and in `_ms` milliseconds since 1970-01-01T00:00:00Z; hashes and salts have 32 bytes.
Keys by which rows are inserted all begin with what grows in time, so that inserts stay local however much is stored.
"""

from alembic import op

revision = "0001"
down_revision = None

TABLES = (
    # Whose this is. `first_index`: the log's next index when this outbox closed its first batch; earlier batches are
    # not ours.
    """CREATE TABLE store (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        chain_id INTEGER NOT NULL,
        genesis TEXT NOT NULL,
        registry TEXT NOT NULL,
        publisher TEXT NOT NULL,
        first_index INTEGER
    ) STRICT""",
    # Reads as they came, packed (`relayer.reads.reads`), until they are in observations. Ids are never used twice,
    # since a lane's position is one.
    """CREATE TABLE inbox (
        id AUTO_NEVER_AGAIN,
        lane TEXT NOT NULL,
        received_ns INTEGER NOT NULL,
        count INTEGER NOT NULL,
        reads BLOB NOT NULL
    ) STRICT""",
    "CREATE INDEX inbox_of_lane ON inbox (lane, id)",
    """CREATE TABLE lanes (
        lane TEXT PRIMARY KEY,
        position INTEGER NOT NULL DEFAULT 0,
        watermark_ns INTEGER,
        holder TEXT,
        lease_until INTEGER
    ) STRICT WITHOUT ROWID""",
    # `correction` is the SHA-256 of the canonical error declaration, or empty: the event id covers none, and a
    # correction is not to be taken for a redelivery of what it corrects. `event_id` is the hash inside the CBV id.
    # `things`: what the event counts for in the item map, one a line, in the order in which they are counted.
    """CREATE TABLE events (
        id AUTO,
        time_ms INTEGER NOT NULL,
        event_id BLOB NOT NULL CHECK (length(event_id) = 32),
        correction BLOB NOT NULL,
        content_hash BLOB NOT NULL CHECK (length(content_hash) = 32),
        salt BLOB NOT NULL CHECK (length(salt) = 32),
        things TEXT NOT NULL,
        body BLOB NOT NULL,
        UNIQUE (time_ms, event_id, correction)
    ) STRICT""",
    # A tag at a read point, from its first read to its last; stated by one event, its leaving by another. While it is
    # open its zone, and in an area its last signals (as JSON), decide what is stated next.
    """CREATE TABLE observations (
        id AUTO,
        lane TEXT NOT NULL,
        epc TEXT NOT NULL,
        read_point TEXT NOT NULL,
        first_ns INTEGER NOT NULL,
        last_ns INTEGER NOT NULL,
        reads INTEGER NOT NULL,
        open INTEGER NOT NULL CHECK (open IN (0, 1)),
        offset_minutes INTEGER NOT NULL DEFAULT 0,
        signals BLOB,
        event INTEGER REFERENCES events (id),
        left_event INTEGER REFERENCES events (id)
    ) STRICT""",
    # Late reads find what they may join by time, never by tag.
    "CREATE INDEX observations_open ON observations (lane) WHERE open = 1",
    "CREATE INDEX observations_by_time ON observations (lane, first_ns)",
    "CREATE INDEX observations_long ON observations (lane, last_ns) WHERE last_ns - first_ns > 600000000000",
    # Every read once: 24 bytes each, ascending by time; a chunk spans at most 600 s.
    """CREATE TABLE read_chunks (
        id AUTO,
        lane TEXT NOT NULL,
        first_ns INTEGER NOT NULL,
        last_ns INTEGER NOT NULL,
        count INTEGER NOT NULL,
        reads BLOB NOT NULL
    ) STRICT""",
    "CREATE INDEX read_chunks_by_time ON read_chunks (lane, first_ns)",
    """CREATE TABLE counters (
        lane TEXT NOT NULL,
        name TEXT NOT NULL,
        value INTEGER NOT NULL,
        PRIMARY KEY (lane, name)
    ) STRICT WITHOUT ROWID""",
    # All sequence numbers of a reader from `lowest` to `highest` arrived, but those in `gaps` (both ends inclusive).
    """CREATE TABLE sequences (
        reader TEXT PRIMARY KEY,
        lowest INTEGER NOT NULL,
        highest INTEGER NOT NULL
    ) STRICT WITHOUT ROWID""",
    """CREATE TABLE gaps (
        reader TEXT NOT NULL REFERENCES sequences (reader),
        first INTEGER NOT NULL,
        last INTEGER NOT NULL,
        PRIMARY KEY (reader, first)
    ) STRICT WITHOUT ROWID""",
    # What could not be read: `origin` is the log or source, `line` its place there (0 if it has none); `length` and
    # `sha256` are of the whole, `head` its first 64 KiB at most, to be read as `form` says, whose first
    # word is the form, and the rest what its reading needs.
    """CREATE TABLE quarantine (
        id AUTO,
        received_ns INTEGER NOT NULL,
        origin TEXT NOT NULL,
        line INTEGER NOT NULL,
        sha256 BLOB NOT NULL,
        reason TEXT NOT NULL,
        detail TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('kept', 'replayed')),
        form TEXT NOT NULL DEFAULT 'lines',
        length INTEGER NOT NULL,
        head BLOB NOT NULL,
        UNIQUE (origin, line, sha256)
    ) STRICT""",
    # How far a file that is followed has been read; written in the transaction that stores what was read.
    """CREATE TABLE feed_positions (
        feed TEXT PRIMARY KEY,
        position TEXT NOT NULL
    ) STRICT WITHOUT ROWID""",
    # The newest jobs of the capture interface, as their JSON documents.
    """CREATE TABLE captures (
        id AUTO,
        capture_id TEXT NOT NULL UNIQUE,
        job TEXT NOT NULL
    ) STRICT""",
    # A batch is a range of events and one of typed leaves (both ends inclusive, null: none), so that closing it
    # changes no row of theirs. `items_root` is of the item map, this batch counted in. `writer` is the key that the
    # chain has it from, once it is there; before, the one that is to sign its transaction, which stands in the tables
    # of the sender under the key `anchor/<index>/<writer>`.
    """CREATE TABLE batches (
        idx INTEGER PRIMARY KEY,
        root BLOB NOT NULL CHECK (length(root) = 32),
        items_root BLOB NOT NULL CHECK (length(items_root) = 32),
        count INTEGER NOT NULL CHECK (count > 0),
        first_event INTEGER,
        last_event INTEGER,
        first_leaf INTEGER,
        last_leaf INTEGER,
        closed_ns INTEGER NOT NULL,
        writer BLOB CHECK (length(writer) = 20),
        anchored_block INTEGER,
        CHECK ((first_event IS NULL) = (last_event IS NULL) AND (first_leaf IS NULL) = (last_leaf IS NULL)),
        CHECK (anchored_block IS NULL OR writer IS NOT NULL)
    ) STRICT""",
    "CREATE UNIQUE INDEX batches_by_event ON batches (last_event) WHERE last_event IS NOT NULL",
    "CREATE UNIQUE INDEX batches_by_leaf ON batches (last_leaf) WHERE last_leaf IS NOT NULL",
    "CREATE INDEX batches_waiting ON batches (idx) WHERE anchored_block IS NULL",
    # Leaves of other kinds, such as a carrier's delivery: `body` is what the leaf commits to, as JSON.
    """CREATE TABLE typed_leaves (
        id AUTO,
        hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
        kind TEXT NOT NULL,
        body TEXT NOT NULL
    ) STRICT""",
    # `number` is that of the page's node in the tree: 1 is the root, 2n and 2n + 1 are the children of n.
    "CREATE TABLE item_pages (number INTEGER PRIMARY KEY, records BLOB NOT NULL) STRICT",
    "CREATE TABLE item_root (id INTEGER PRIMARY KEY CHECK (id = 1), root BLOB NOT NULL) STRICT",
    # Which events name an item: per (event, thing) pair 16 bytes, the event and the item's pair before it (0: none).
    "CREATE TABLE item_links (first_pair INTEGER PRIMARY KEY, links BLOB NOT NULL) STRICT",
)

POSTGRESQL = (
    ("AUTO_NEVER_AGAIN", "AUTO"),
    ("INTEGER", "BIGINT"),
    ("AUTO", "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY"),
    ("BLOB", "BYTEA"),
    (" STRICT WITHOUT ROWID", ""),
    (" STRICT", ""),
)
SQLITE = (
    ("AUTO_NEVER_AGAIN", "INTEGER PRIMARY KEY AUTOINCREMENT"),
    ("id AUTO,", "id INTEGER PRIMARY KEY,"),
    ("STRICT WITHOUT ROWID", "STRICT, WITHOUT ROWID"),
)


def upgrade() -> None:
    connection = op.get_bind()
    words = POSTGRESQL if connection.dialect.name == "postgresql" else SQLITE
    for statement in TABLES:
        for ours, theirs in words:
            statement = statement.replace(ours, theirs)  # noqa: PLW2901 - one text, step by step
        connection.exec_driver_sql(statement)


def downgrade() -> None:
    """There is nothing before the first revision."""
