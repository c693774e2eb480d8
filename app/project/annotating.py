"""Turn annotations into the changes of one edit."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from app.errors import InputError
from app.project.records import CLASS_COLOURS, SPLITS, Annotation

# An edit is a list of these: [table, key, before, after].
Change = tuple[str, int, Any, Any]
# What an edit may change of an image itself, and the column that holds it.
IMAGE_COLUMNS = {"excluded": "excluded", "split": "split", "group": "user_group"}


def check(annotations: Iterable[Annotation]) -> None:
    """Raise InputError for a part that is not one of SPLITS, or a label without a name."""
    for one in annotations:
        if one.split and one.split not in SPLITS:
            raise InputError(f"“{one.split}” is not a part of the data.", f"The parts are {', '.join(SPLITS)}.")
        if not all(label.strip() for label in one.labels or ()):
            raise InputError("A class needs a name.", "Leave the labels of an unlabelled image empty.")


def new_class(class_id: int, name: str, position: int) -> Change:
    """Return the change that makes a class; its colour follows from its position."""
    return ("classes", class_id, None, [name, CLASS_COLOURS[position % len(CLASS_COLOURS)], position, None])


def image_changes(
    annotation: Annotation, present: Sequence[Any], labels: list[list[Any]], classes: Mapping[str, int]
) -> Iterator[Change]:
    """Yield what an annotation changes of an image.

    `present` holds the values of IMAGE_COLUMNS, `labels` each `[class id, origin]`, `classes` the id of every name.
    """
    key = annotation.image_id
    wished = {
        "excluded": None if annotation.excluded is None else int(annotation.excluded),
        "split": annotation.split,
        "group": annotation.group,
    }
    for (kind, value), before in zip(wished.items(), present, strict=True):
        after = None if value == "" else value
        if value is not None and after != before:
            yield kind, key, before, after
    if annotation.labels is not None:
        names = dict.fromkeys(name.strip() for name in annotation.labels)
        rows: list[list[Any]] = [[classes[name], annotation.origin] for name in names]
        if {row[0] for row in rows} != {row[0] for row in labels}:
            yield "labels", key, labels, rows
