"""The table of Microsoft's computer-vision recipes: IM_FILENAME, EXCLUDE and LABELS, separated by tabs.

Its cells are not quoted and its labels are separated by commas.
"""

import threading
from pathlib import Path

from app.errors import InputError
from app.exchange.formats import EXCLUDES, LABELS, SEVERAL, Format
from app.exchange.preview import Entry, Gathering, Preview, find_image, read_text
from app.exchange.words import read_yes

RECIPES = Format(
    "recipes-tsv",
    "Table of the computer-vision recipes (TSV)",
    frozenset({LABELS, SEVERAL, EXCLUDES}),
    "Labels with a comma and file names with a tab or a new line cannot be written.",
)
HEADER = ("IM_FILENAME", "EXCLUDE", "LABELS")


def understand_recipes(path: Path, cancel: threading.Event | None = None) -> Preview:
    """Read such a table; file names are looked for beside it."""
    lines = read_text(path).split("\n")
    if not is_header(lines[0]):
        raise InputError(
            f"“{path.name}” is not such a table.", f"Its first line should be {', '.join(HEADER)}, separated by tabs."
        )
    gathering = Gathering(RECIPES.name, path, cancel)
    folder = path.resolve().parent
    for number, line in enumerate(lines[1:], 2):
        name, exclude, labels, *_ = [*line.rstrip("\r").split("\t"), "", ""]
        if not line.strip():
            continue
        try:
            entry = Entry(find_image(folder, name), tuple(labels.split(",")), excluded=read_yes(exclude))
        except InputError as error:
            gathering.add_problem(f"line {number}", error.message)
        else:
            gathering.add(entry, f"line {number}")
    return gathering.preview()


def is_header(line: str) -> bool:
    """Tell whether this is the first line of such a table."""
    return tuple(cell.strip().upper() for cell in line.split("\t")) == HEADER
