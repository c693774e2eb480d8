"""The project: images, labels, edits and runs in one SQLite file."""
