PRAGMA user_version = 2;
BEGIN TRANSACTION;
CREATE TABLE classes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    colour TEXT NOT NULL,
    position INTEGER NOT NULL
, shortcut TEXT);
INSERT INTO "classes" VALUES(1,'cat','#0072b2',0,'c');
CREATE TABLE edits (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    title TEXT NOT NULL,
    created TEXT NOT NULL,
    undone INTEGER NOT NULL DEFAULT 0,
    changes TEXT NOT NULL                     -- JSON: [[table, key, before, after], ...]
);
INSERT INTO "edits" VALUES(1,'1 image → dog','2026-11-23T23:23:25.571270+00:00',0,'[["labels", 1, [[2, "folder"]], [[2, "human"]]]]');
INSERT INTO "edits" VALUES(2,'1 image excluded','2026-11-23T23:23:25.571677+00:00',0,'[["excluded", 2, 0, 1]]');
INSERT INTO "edits" VALUES(3,'Rename dog to hound','2026-11-23T23:23:25.571962+00:00',0,'[["classes", 2, ["dog", "#e69f00", 1, null], ["hound", "#e69f00", 1, null]]]');
INSERT INTO "edits" VALUES(4,'Delete class hound','2026-11-23T23:23:25.572332+00:00',0,'[["labels", 1, [[2, "human"]], []], ["labels", 2, [[2, "folder"]], []], ["classes", 2, ["hound", "#e69f00", 1, null], null]]');
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
    user_group TEXT,
    UNIQUE (source_id, name)
);
INSERT INTO "images" VALUES(1,1,'test/dog/0.png',84,1795476205532936635,'7521aa6f8bb34ceab7b71d97b775c802','test',0,NULL,'p1');
INSERT INTO "images" VALUES(2,1,'test/dog/1.png',84,1795476205533007360,'214471dff45c12c064a0e25f4d75c222','test',1,NULL,'p1');
INSERT INTO "images" VALUES(3,1,'train/cat/0.png',84,1795476205532621414,'214471dff45c12c064a0e25f4d75c222','train',0,NULL,'p1');
INSERT INTO "images" VALUES(4,1,'train/cat/1.png',84,1795476205532748544,'c75468cd87dc8809fcb929195c0d9224','train',0,NULL,'p1');
CREATE TABLE labels (
    image_id INTEGER NOT NULL,
    class_id INTEGER NOT NULL,
    origin TEXT NOT NULL CHECK (origin IN ('folder', 'human', 'suggested')),
    PRIMARY KEY (image_id, class_id)
) WITHOUT ROWID;
INSERT INTO "labels" VALUES(3,1,'folder');
INSERT INTO "labels" VALUES(4,1,'folder');
CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO "meta" VALUES('name','Old');
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
INSERT INTO "runs" VALUES(1,'quick','done','2026-11-24T10:00:00+00:00','',0.75,0.3,0.95,4,2.5);
INSERT INTO "runs" VALUES(3,'torch','failed','2026-11-24T11:00:00+00:00','The engine ended unexpectedly.',NULL,NULL,NULL,NULL,NULL);
CREATE TABLE sources (
    id INTEGER PRIMARY KEY,
    folder TEXT NOT NULL UNIQUE
);
INSERT INTO "sources" VALUES(1,'/photos');
CREATE INDEX labels_by_class ON labels (class_id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('classes',2);
INSERT INTO "sqlite_sequence" VALUES('edits',4);
INSERT INTO "sqlite_sequence" VALUES('runs',3);
COMMIT;
