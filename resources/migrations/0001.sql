CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE sources (
    id INTEGER PRIMARY KEY,
    folder TEXT NOT NULL UNIQUE
);

CREATE TABLE images (
    id INTEGER PRIMARY KEY,
    source_id INTEGER NOT NULL REFERENCES sources (id),
    name TEXT NOT NULL,                       -- path below the source folder, with slashes
    size INTEGER NOT NULL,
    modified_ns INTEGER NOT NULL,
    digest TEXT NOT NULL,                     -- hash of the file's content
    split TEXT CHECK (split IN ('train', 'validation', 'test')),  -- the user's own, if any
    excluded INTEGER NOT NULL DEFAULT 0,
    problem TEXT,                             -- why it cannot be used
    UNIQUE (source_id, name)
);

CREATE TABLE classes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    colour TEXT NOT NULL,
    position INTEGER NOT NULL
);

-- No foreign keys: undoing an edit may restore labels before their class.
CREATE TABLE labels (
    image_id INTEGER NOT NULL,
    class_id INTEGER NOT NULL,
    origin TEXT NOT NULL CHECK (origin IN ('folder', 'human', 'suggested')),
    PRIMARY KEY (image_id, class_id)
) WITHOUT ROWID;

CREATE INDEX labels_by_class ON labels (class_id);

CREATE TABLE edits (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    title TEXT NOT NULL,
    created TEXT NOT NULL,
    undone INTEGER NOT NULL DEFAULT 0,
    changes TEXT NOT NULL                     -- JSON: [[table, key, before, after], ...]
);

CREATE TABLE runs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    engine TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'done', 'cancelled', 'failed')),
    created TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    accuracy REAL,
    interval_low REAL,
    interval_high REAL,
    images INTEGER,
    seconds REAL
);
