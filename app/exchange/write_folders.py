"""Write folders: images copied or linked into folders named like their labels, or beside what is said of them."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from app import __version__
from app.dataset.scan import SPLIT_FOLDERS, folder_label
from app.exchange.copying import Places, place, portable_file_name, portable_name
from app.exchange.export import Item, Progress, relative_to
from app.exchange.folders import DEDICATED_NAME
from app.exchange.huggingface import CSV_NAME, FILE, JSONL_NAME
from app.exchange.preview import Problem

# Items, the new folder, whether to link, progress -> nothing.
WriteFolder = Callable[[Sequence[Item], Path, bool, Progress], None]


def write_class_folders(items: Sequence[Item], folder: Path, link: bool, progress: Progress) -> None:
    """Put every image into the folder of its label, unlabelled ones beside these folders."""
    names = _LabelFolders(frozenset(), progress.problems)
    places = Places()
    for item in items:
        progress.step()
        _put(item, folder, names.of(item.labels), places, link)


def write_split_folders(items: Sequence[Item], folder: Path, link: bool, progress: Progress) -> None:
    """Put every image into the folder of its part and in there of its label; those of no part beside these."""
    names = _LabelFolders(frozenset(SPLIT_FOLDERS), progress.problems)
    places = Places()
    for item in items:
        progress.step()
        label = names.of(item.labels)
        _put(item, folder, "/".join(filter(None, (item.split, label))), places, link)


def write_dedicated(items: Sequence[Item], folder: Path, link: bool, progress: Progress) -> None:
    """Put every image into the folder of its label and list the test images."""
    names = _LabelFolders(frozenset(), progress.problems)
    places = Places()
    lines = []
    for item in items:
        progress.step()
        if not item.labels:
            progress.leave_out(item, "It has no label, which this format needs.")
            continue
        label = names.of(item.labels)
        name = _put(item, folder, label, places, link)
        if item.split == "test":
            lines.append(f"{label}\t{name}\n")
    (folder / DEDICATED_NAME).write_text("".join(lines), encoding="utf-8", newline="\n")


def write_huggingface_csv(items: Sequence[Item], folder: Path, link: bool, progress: Progress) -> None:
    """Put the images of each part into its folder, with metadata.csv."""
    for part, rows in _with_files(items, folder, link, progress).items():
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow((FILE, "label", "group", "exclude"))
        for name, item in rows:
            writer.writerow((name, *(item.labels or ("",)), item.group or "", int(item.excluded)))
        (folder / part / CSV_NAME).write_text(text.getvalue(), encoding="utf-8", newline="")


def write_huggingface_jsonl(items: Sequence[Item], folder: Path, link: bool, progress: Progress) -> None:
    """Put the images of each part into its folder, with metadata.jsonl; a list of labels where any has several."""
    several = any(len(item.labels) > 1 for item in items)
    for part, rows in _with_files(items, folder, link, progress).items():
        lines = []
        for name, item in rows:
            row: dict[str, Any] = {FILE: name}
            row.update({"labels": item.labels} if several else {"label": item.labels[0] if item.labels else ""})
            row.update(group=item.group or "", exclude=item.excluded)
            lines.append(json.dumps(row, ensure_ascii=False) + "\n")
        (folder / part / JSONL_NAME).write_text("".join(lines), encoding="utf-8", newline="\n")


def write_labelme(items: Sequence[Item], folder: Path, link: bool, progress: Progress) -> None:
    """Write a JSON file for each image, which is named by its path as seen from the folder."""
    _write_flags(items, folder, progress, {})


def write_x_anylabeling(items: Sequence[Item], folder: Path, link: bool, progress: Progress) -> None:
    """Write such files with the keys that X-AnyLabeling adds."""
    _write_flags(items, folder, progress, {"text": "", "description": ""})


class _LabelFolders:
    """The folder of each label; where it cannot be spelled like the label, that is noted once."""

    def __init__(self, avoided: frozenset[str], problems: list[Problem]):
        self._avoided = avoided
        self._problems = problems
        self._names: dict[str, str] = {}
        self._places = Places()

    def of(self, labels: tuple[str, ...]) -> str:
        if not labels:
            return ""
        label = labels[0]
        if label not in self._names:
            name = portable_name(label)
            name = f"{name}_" if name.lower() in self._avoided else name
            self._names[label] = self._places.take("", name, number_before_suffix=False)
            spelled = folder_label(self._names[label])
            if spelled != label:
                self._problems.append(Problem(label, f"As the name of a folder this label is spelled “{spelled}”."))
        return self._names[label]


def _put(item: Item, folder: Path, inside: str, places: Places, link: bool) -> str:
    """Place an image in a folder below `folder` and return its name there."""
    name = places.take(inside, portable_file_name(Path(item.name).name))
    place(item.path, folder / inside / name, link)
    return name


def _with_files(
    items: Sequence[Item], folder: Path, link: bool, progress: Progress
) -> dict[str, list[tuple[str, Item]]]:
    """Place images in the folder of their part; return by part their names and what is known of them."""
    places = Places()
    parts: dict[str, list[tuple[str, Item]]] = {}
    for item in items:
        progress.step()
        part = item.split or ""
        parts.setdefault(part, []).append((_put(item, folder, part, places, link), item))
    return parts


def _write_flags(items: Sequence[Item], folder: Path, progress: Progress, more: dict[str, str]) -> None:
    labels = sorted({label for item in items for label in item.labels})
    places = Places()
    folder = folder.resolve()
    for item in items:
        progress.step()
        value: dict[str, Any] = {
            "version": __version__,
            "flags": {label: label in item.labels for label in labels},
            "shapes": [],
            "imagePath": relative_to(item.path, folder),
            "imageData": None,
            "imageHeight": None,
            "imageWidth": None,
            **more,
        }
        name = places.take("", f"{portable_name(Path(item.name).stem)}.json")
        text = json.dumps(value, ensure_ascii=False, indent=2)
        (folder / name).write_text(text + "\n", encoding="utf-8", newline="\n")
