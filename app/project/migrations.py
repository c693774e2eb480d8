"""Bring a project's database to the present format, one numbered script at a time."""

import sqlite3

from app.errors import ProjectError
from app.files import resource_folder


def migrate(connection: sqlite3.Connection) -> None:
    """Apply every script above the database's number; raises ProjectError for a newer format."""
    scripts = sorted((resource_folder() / "migrations").glob("*.sql"))
    newest = int(scripts[-1].stem)
    present = connection.execute("PRAGMA user_version").fetchone()[0]
    if present > newest:
        raise ProjectError(
            f"The project was made by a newer Sightline (format {present}, this one knows {newest}).",
            "Update Sightline to open it.",
        )
    for script in scripts:
        number = int(script.stem)
        if number > present:
            sql = script.read_text(encoding="utf-8")
            connection.executescript(f"BEGIN IMMEDIATE;\n{sql}\nPRAGMA user_version = {number};\nCOMMIT;")
