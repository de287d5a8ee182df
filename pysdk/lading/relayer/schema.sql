-- The relayer's outbox. One file belongs to one log: one publisher in one ProvenanceRegistry on one chain.
-- Times are nanoseconds since 1970-01-01T00:00:00Z, hashes and salts 32 bytes, -1 stands for "the line names none".

CREATE TABLE store (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    chain_id INTEGER NOT NULL,
    genesis TEXT NOT NULL,
    registry TEXT NOT NULL,
    publisher TEXT NOT NULL,
    -- The log's next index when this outbox closed its first batch; earlier batches are not ours.
    first_index INTEGER
) STRICT;

-- A batch is closed (no transaction), signed (a transaction, stored before it is first sent) or anchored (a block).
CREATE TABLE batches (
    idx INTEGER PRIMARY KEY,
    root BLOB NOT NULL CHECK (length(root) = 32),
    -- Of the item map, this batch counted in.
    items_root BLOB NOT NULL CHECK (length(items_root) = 32),
    count INTEGER NOT NULL CHECK (count > 0),
    -- The key that the chain has it from, once it is there; before, the one that last signed its transaction.
    writer BLOB CHECK (length(writer) = 20),
    tx_raw TEXT,
    tx_hash TEXT,
    tx_nonce INTEGER,
    tx_sender TEXT,
    tx_to TEXT,
    anchored_block INTEGER,
    CHECK ((tx_raw IS NULL) = (tx_hash IS NULL) AND (tx_raw IS NULL) = (tx_nonce IS NULL)),
    CHECK (anchored_block IS NULL OR writer IS NOT NULL)
) STRICT;

-- `correction` is the SHA-256 of the canonical error declaration, or empty: the event id covers none, and a correction is
-- not to be taken for a redelivery of what it corrects.
CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    event_id TEXT NOT NULL,
    correction BLOB NOT NULL,
    content_hash BLOB NOT NULL CHECK (length(content_hash) = 32),
    salt BLOB NOT NULL CHECK (length(salt) = 32),
    body TEXT NOT NULL,
    batch INTEGER REFERENCES batches (idx),
    UNIQUE (event_id, correction)
) STRICT;

CREATE INDEX events_of_batch ON events (batch, id);

CREATE TABLE event_items (
    item TEXT NOT NULL,
    event INTEGER NOT NULL REFERENCES events (id),
    PRIMARY KEY (item, event)
) STRICT, WITHOUT ROWID;

-- A batch's events with the things that they count for.
CREATE INDEX items_of_event ON event_items (event);

-- Leaves of other kinds, such as a carrier's delivery: `body` is what the leaf commits to, as JSON.
CREATE TABLE typed_leaves (
    id INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    batch INTEGER REFERENCES batches (idx)
) STRICT;

CREATE INDEX typed_leaves_of_batch ON typed_leaves (batch, id);

-- A tag at a read point, from its first read to its last; it was stated by one event.
CREATE TABLE observations (
    id INTEGER PRIMARY KEY,
    epc TEXT NOT NULL,
    read_point TEXT NOT NULL,
    first_ns INTEGER NOT NULL,
    last_ns INTEGER NOT NULL,
    event INTEGER NOT NULL REFERENCES events (id)
) STRICT;

CREATE INDEX observations_of_place ON observations (epc, read_point, first_ns);

-- Every read once, in exactly one observation. The key is what two deliveries of one read have in common.
CREATE TABLE reads (
    reader TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    time_ns INTEGER NOT NULL,
    epc TEXT NOT NULL,
    antenna INTEGER NOT NULL,
    double_hexed INTEGER NOT NULL CHECK (double_hexed IN (0, 1)),
    observation INTEGER NOT NULL REFERENCES observations (id),
    PRIMARY KEY (reader, sequence, time_ns, epc, antenna)
) STRICT, WITHOUT ROWID;

-- `head` holds at most the longest line that is read; `length` and `sha256` are of the whole line.
CREATE TABLE quarantine (
    source TEXT NOT NULL,
    line INTEGER NOT NULL,
    sha256 BLOB NOT NULL,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    length INTEGER NOT NULL,
    head BLOB NOT NULL,
    PRIMARY KEY (source, line, sha256)
) STRICT;

-- All sequence numbers of a reader from `lowest` to `highest` arrived, but those in `gaps` (both ends inclusive).
CREATE TABLE sequences (
    reader TEXT PRIMARY KEY,
    lowest INTEGER NOT NULL,
    highest INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE gaps (
    reader TEXT NOT NULL REFERENCES sequences (reader),
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (reader, first)
) STRICT, WITHOUT ROWID;
