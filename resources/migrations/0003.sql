ALTER TABLE runs ADD COLUMN preset TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN data TEXT NOT NULL DEFAULT '';         -- hash of the images and labels it worked on
ALTER TABLE runs ADD COLUMN validation REAL;                       -- accuracy on the images that were held out
ALTER TABLE runs ADD COLUMN validation_low REAL;
ALTER TABLE runs ADD COLUMN validation_high REAL;
ALTER TABLE runs ADD COLUMN validation_images INTEGER;
ALTER TABLE runs ADD COLUMN note TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN starred INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN sweep INTEGER;                         -- the sweep that it belongs to, if any
ALTER TABLE runs ADD COLUMN trial INTEGER;                         -- its place in that sweep's plan, from 0

CREATE TABLE sweeps (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    created TEXT NOT NULL,
    plan TEXT NOT NULL                                             -- JSON
);
