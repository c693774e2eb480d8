"""Labelling as edits: each one durable at once, named, and undoable for ever.

An edit is a list of changes `[table, key, before, after]`. Undo writes `before`, redo writes `after`;
there is no second description of what an edit does.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from typing import Any

from app.errors import InputError
from app.project.annotating import IMAGE_COLUMNS, Change, check, image_changes, new_class
from app.project.records import HUMAN, SUGGESTED, Annotation, EditRow
from app.project.store import Store, Transaction

# Ids of dropped classes stay taken: an undo may bring them back.
NEXT_CLASS_ID = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'classes'), 0) + 1"
CLASS_VALUES = 4  # name, colour, position, shortcut
KEYS_AT_ONCE = 500  # SQLite's smallest limit of variables in one statement is 999


class Edits:
    """The edits of one project."""

    def __init__(self, store: Store):
        self._store = store

    def set_label(self, image_ids: Sequence[int], class_id: int | None) -> None:
        """Give images one label, or none; they no longer carry any other."""
        after = [] if class_id is None else [[class_id, HUMAN]]
        labels = self._labels(image_ids)
        changes = [("labels", key, labels[key], after) for key in image_ids if labels[key] != after]
        target = "unlabelled" if class_id is None else self._class_row(class_id)[0]
        self._commit(f"{_count(len(changes))} → {target}", changes)

    def accept_suggestions(self, suggestions: Sequence[tuple[int, int]]) -> int:
        """Label images, given as (image id, class id), as suggested; return how many had no label yet and have one now.

        Their labels stay recognisable as suggested until a person sets them.
        """
        names = {class_id: self._class_row(class_id)[0] for class_id in {class_id for _, class_id in suggestions}}
        labels = self._labels([key for key, _ in suggestions])
        changes: list[Change] = [
            ("labels", key, [], [[class_id, SUGGESTED]])
            for key, class_id in dict(suggestions).items()
            if not labels[key]
        ]
        what = next(iter(names.values())) if len(names) == 1 else f"{len(names)} classes"
        self._commit(f"{_count(len(changes))} → {what}, as suggested", changes)
        return len(changes)

    def set_excluded(self, image_ids: Sequence[int], excluded: bool) -> None:
        """Leave images out of training and testing, or take them back."""
        present = dict(self._select("SELECT id, excluded FROM images WHERE id IN", image_ids))
        after = int(excluded)
        changes = [("excluded", key, present[key], after) for key in image_ids if present[key] != after]
        self._commit(f"{_count(len(changes))} {'excluded' if excluded else 'included again'}", changes)

    def annotate(self, title: str, annotations: Sequence[Annotation]) -> int:
        """Set labels, splits, groups and exclusion of many images as one edit; return how many images it changed.

        Of two annotations of one image the last counts. Raises InputError, with nothing written, for an unknown
        split, an empty label, or an image that is not in the project.
        """
        check(annotations)
        by_image = {one.image_id: one for one in annotations}
        keys = list(by_image)
        columns = ", ".join(IMAGE_COLUMNS.values())
        present = {key: rest for key, *rest in self._select(f"SELECT id, {columns} FROM images WHERE id IN", keys)}
        if len(present) < len(keys):
            raise InputError("Some of these images are no longer in the project.", "Add their folder again.")
        labels = self._labels(keys)
        classes, changes = self._with_missing_classes(by_image.values())
        added = len(changes)
        for key, one in by_image.items():
            changes += image_changes(one, present[key], labels[key], classes)
        self._commit(title, changes)
        return len({key for _, key, _, _ in changes[added:]})

    def add_class(self, name: str) -> int:
        """Add a class at the end of the list and return its id."""
        name = self._free_name(name)
        position = self._store.value("SELECT coalesce(max(position), -1) + 1 FROM classes")
        class_id = self._store.value(NEXT_CLASS_ID)
        self._commit(f"Add class {name}", [new_class(class_id, name, position)])
        return class_id

    def rename_class(self, class_id: int, name: str) -> None:
        """Rename a class; its images keep it."""
        old, *rest = self._class_row(class_id)
        if name.strip() == old:
            return
        name = self._free_name(name)
        self._commit(f"Rename {old} to {name}", [("classes", class_id, [old, *rest], [name, *rest])])

    def recolour_class(self, class_id: int, colour: str) -> None:
        """Show a class in another colour, given as #rrggbb."""
        name, old, *rest = self._class_row(class_id)
        self._commit(f"Recolour {name}", [("classes", class_id, [name, old, *rest], [name, colour, *rest])])

    def move_class(self, class_id: int, steps: int) -> None:
        """Move a class up in the list (steps below 0) or down, and number all anew."""
        name = self._class_row(class_id)[0]
        rows = self._store.rows("SELECT id, name, colour, position, shortcut FROM classes ORDER BY position, id")
        order = [row[0] for row in rows]
        place = order.index(class_id)
        order.insert(min(max(place + steps, 0), len(order) - 1), order.pop(place))
        changes: list[Change] = []
        for key, *before in rows:
            after = [*before[:2], order.index(key), before[3]]
            if after != before:
                changes.append(("classes", key, before, after))
        self._commit(f"Move class {name} {'up' if steps < 0 else 'down'}", changes)

    def set_shortcut(self, class_id: int, shortcut: str | None) -> None:
        """Give a class a key of its own, or take it away; another class that has the key loses it."""
        changes: list[Change] = []
        for key, name, colour, position, present in self._store.rows(
            "SELECT id, name, colour, position, shortcut FROM classes"
        ):
            after = shortcut if key == class_id else (None if present == shortcut else present)
            if after != present:
                changes.append(("classes", key, [name, colour, position, present], [name, colour, position, after]))
        name = self._class_row(class_id)[0]
        self._commit(f"Key of {name}: {shortcut or 'none'}", changes)

    def toggle_label(self, image_ids: Sequence[int], class_id: int) -> None:
        """Give images a further label, beside those they have; take it away if all of them have it."""
        labels = self._labels(image_ids)
        everywhere = all(any(one[0] == class_id for one in labels[key]) for key in image_ids)
        changes: list[Change] = []
        for key in image_ids:
            others = [one for one in labels[key] if one[0] != class_id]
            if everywhere:
                changes.append(("labels", key, labels[key], others))
            elif others == labels[key]:
                changes.append(("labels", key, labels[key], [*others, [class_id, HUMAN]]))
        name = self._class_row(class_id)[0]
        self._commit(f"{_count(len(changes))} {'−' if everywhere else '+'} {name}", changes)

    def merge_class(self, class_id: int, into: int) -> None:
        """Give the images of one class to another and drop the first."""
        if class_id == into:
            raise InputError("A class cannot be merged into itself.", "Choose another class.")
        target = self._class_row(into)[0]
        self._drop_class(class_id, into, f"into {target}")

    def delete_class(self, class_id: int) -> None:
        """Drop a class; its images become unlabelled."""
        self._drop_class(class_id, None, "")

    def make(self, title: str, changes: list[Change]) -> None:
        """Make changes that were worked out elsewhere, as one edit; without any, none."""
        self._commit(title, changes)

    def undo_title(self) -> str | None:
        """Name the edit that undo would take back."""
        return self._store.value("SELECT title FROM edits WHERE NOT undone ORDER BY id DESC LIMIT 1")

    def redo_title(self) -> str | None:
        """Name the edit that redo would bring back."""
        return self._store.value("SELECT title FROM edits WHERE undone ORDER BY id LIMIT 1")

    def history(self, number: int) -> list[EditRow]:
        """Return the newest edits, undone ones among them, the newest first."""
        rows = self._store.rows("SELECT id, title, created, undone FROM edits ORDER BY id DESC LIMIT ?", [number])
        return [EditRow(key, title, created, bool(undone)) for key, title, created, undone in rows]

    def go_to(self, edit_id: int) -> None:
        """Undo every edit after one, or redo every edit up to it."""
        while self._store.value("SELECT max(id) FROM edits WHERE NOT undone AND id > ?", [edit_id]) is not None:
            self.undo()
        while self._store.value("SELECT min(id) FROM edits WHERE undone AND id <= ?", [edit_id]) is not None:
            self.redo()

    def undo(self) -> str | None:
        """Take the last edit back and return its title."""
        return self._move("SELECT id, title, changes FROM edits WHERE NOT undone ORDER BY id DESC LIMIT 1", True)

    def redo(self) -> str | None:
        """Do the last undone edit again and return its title."""
        return self._move("SELECT id, title, changes FROM edits WHERE undone ORDER BY id LIMIT 1", False)

    def _drop_class(self, class_id: int, into: int | None, how: str) -> None:
        row = self._class_row(class_id)
        keys = [key for (key,) in self._store.rows("SELECT image_id FROM labels WHERE class_id = ?", [class_id])]
        changes: list[Change] = []
        for key, before in self._labels(keys).items():
            kept = [label for label in before if label[0] != class_id]
            if into is not None and into not in {label[0] for label in kept}:
                suggested = [class_id, SUGGESTED] in before
                kept.append([into, SUGGESTED if suggested else HUMAN])
            changes.append(("labels", key, before, kept))
        changes.append(("classes", class_id, list(row), None))
        self._commit(f"Merge {row[0]} {how}" if how else f"Delete class {row[0]}", changes)

    def _commit(self, title: str, changes: list[Change]) -> None:
        if not changes:
            return
        with self._store.transaction() as transaction:
            transaction.execute("DELETE FROM edits WHERE undone")
            transaction.execute(
                "INSERT INTO edits (title, created, changes) VALUES (?, ?, ?)",
                [title, datetime.now(timezone.utc).isoformat(), json.dumps(changes)],
            )
            _write(transaction, ((table, key, after) for table, key, _, after in changes))

    def _move(self, query: str, undone: bool) -> str | None:
        with self._store.transaction() as transaction:
            row = transaction.execute(query).fetchone()
            if row is None:
                return None
            edit_id, title, text = row
            changes = json.loads(text)
            if undone:
                _write(transaction, ((table, key, before) for table, key, before, _ in reversed(changes)))
            else:
                _write(transaction, ((table, key, after) for table, key, _, after in changes))
            transaction.execute("UPDATE edits SET undone = ? WHERE id = ?", [int(undone), edit_id])
        return str(title)

    def _with_missing_classes(self, annotations: Iterable[Annotation]) -> tuple[dict[str, int], list[Change]]:
        """Return the id of every class by name, and the changes that make those that are not there yet."""
        ids = {name: key for key, name in self._store.rows("SELECT id, name FROM classes")}
        following = self._store.value(NEXT_CLASS_ID)
        position = self._store.value("SELECT coalesce(max(position), -1) + 1 FROM classes")
        changes: list[Change] = []
        for name in sorted({label.strip() for one in annotations for label in one.labels or ()} - set(ids)):
            ids[name] = following + len(changes)
            changes.append(new_class(ids[name], name, position + len(changes)))
        return ids, changes

    def _class_row(self, class_id: int) -> tuple[str, str, int, str | None]:
        rows = self._store.rows("SELECT name, colour, position, shortcut FROM classes WHERE id = ?", [class_id])
        if not rows:
            raise InputError("This class is no longer there.", "Choose one from the list.")
        name, colour, position, shortcut = rows[0]
        return name, colour, position, shortcut

    def _free_name(self, name: str) -> str:
        name = name.strip()
        if not name:
            raise InputError("A class needs a name.", "Type one.")
        if self._store.value("SELECT 1 FROM classes WHERE name = ?", [name]):
            raise InputError(f"There is already a class “{name}”.", "Choose another name, or merge the two.")
        return name

    def _labels(self, image_ids: Sequence[int]) -> dict[int, list[list[Any]]]:
        """Return each image's labels as `[class id, origin]`."""
        labels: dict[int, list[list[Any]]] = {key: [] for key in image_ids}
        for key, class_id, origin in self._select(
            "SELECT image_id, class_id, origin FROM labels WHERE image_id IN", image_ids
        ):
            labels[key].append([class_id, origin])
        return labels

    def _select(self, sql: str, keys: Sequence[int]) -> Iterable[tuple[Any, ...]]:
        for start in range(0, len(keys), KEYS_AT_ONCE):
            some = keys[start : start + KEYS_AT_ONCE]
            yield from self._store.rows(f"{sql} ({','.join('?' * len(some))})", some)


def _count(number: int) -> str:
    return "1 image" if number == 1 else f"{number} images"


def _write(transaction: Transaction, states: Iterable[tuple[str, int, Any]]) -> None:
    for table, key, state in states:
        if table == "labels":
            transaction.execute("DELETE FROM labels WHERE image_id = ?", [key])
            transaction.execute_many(
                "INSERT INTO labels (image_id, class_id, origin) VALUES (?, ?, ?)",
                [[key, class_id, origin] for class_id, origin in state],
            )
        elif table in IMAGE_COLUMNS:
            transaction.execute(f"UPDATE images SET {IMAGE_COLUMNS[table]} = ? WHERE id = ?", [state, key])
        elif table == "problem":
            transaction.execute("UPDATE images SET problem = ? WHERE id = ?", [state, key])
        elif table == "place":
            transaction.execute("UPDATE images SET source_id = ?, name = ? WHERE id = ?", [*state, key])
        elif table == "sources":
            transaction.execute("UPDATE sources SET folder = ? WHERE id = ?", [state, key])
        else:
            transaction.execute("DELETE FROM classes WHERE id = ?", [key])
            if state is not None:
                transaction.execute(
                    "INSERT INTO classes (id, name, colour, position, shortcut) VALUES (?, ?, ?, ?, ?)",
                    [key, *state, *[None] * (CLASS_VALUES - len(state))],  # edits of format 1 know no shortcut
                )
