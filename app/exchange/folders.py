"""Folders whose names are the labels, with or without a folder for each part of the data above them."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from app.dataset.scan import SPLIT_FOLDERS, Scan, folder_label, scan_folder
from app.errors import InputError
from app.exchange.formats import LABELS, SPLITS, Format
from app.exchange.preview import Entry, Gathering, Preview, read_text
from app.project.records import FOLDER

CLASS_FOLDERS = Format(
    "class-folders",
    "Folders named like the labels",
    frozenset({LABELS}),
    "Characters that some systems do not allow in a name are replaced.",
)
SPLIT_CLASS_FOLDERS = Format(
    "split-folders",
    "Folders train, validation and test with folders named like the labels",
    frozenset({LABELS, SPLITS}),
    CLASS_FOLDERS.note,
)
DEDICATED_NAME = "dedicatedTestImages.tsv"
DEDICATED = Format(
    "dedicated-test-images",
    "Folders named like the labels, with dedicatedTestImages.tsv (CNTK tutorial)",
    frozenset({LABELS, SPLITS}),
    "There are test images and others, which are taken as training images; every image needs a label.",
)
# Folders above an image -> label, split.
Reading = Callable[[tuple[str, ...], str], tuple[str | None, str | None]]


def understand_class_folders(path: Path, cancel: threading.Event | None = None) -> Preview:
    """Read folders of which the first level names the label, however deep the images are."""
    return _understand(CLASS_FOLDERS, path, _class_of, cancel)


def understand_split_folders(path: Path, cancel: threading.Event | None = None) -> Preview:
    """Read folders `train`, `val` (`valid`, `validation`) and `test`, with folders named like the labels in them."""
    return _understand(SPLIT_CLASS_FOLDERS, path, _split_and_class_of, cancel)


def understand_dedicated(path: Path, cancel: threading.Event | None = None) -> Preview:
    """Read class folders whose test images are listed in dedicatedTestImages.tsv: `folder<TAB>file` a line."""
    table = path / DEDICATED_NAME if path.is_dir() else path
    listed = {}
    for number, line in enumerate(read_text(table).split("\n"), 1):
        if line.strip():
            listed["/".join(cell.strip() for cell in line.split("\t")).lower()] = number
    missing = dict(listed)

    def read(parts: tuple[str, ...], name: str) -> tuple[str | None, str | None]:
        key = "/".join((*parts, name)).lower()
        missing.pop(key, None)
        return _class_of(parts, name)[0], "test" if key in listed else "train"

    gathering = Gathering(DEDICATED.name, path, cancel)
    folder = _gather(gathering, table.parent, read).folder
    for key, number in missing.items():
        gathering.add_problem(f"{DEDICATED_NAME}, line {number}", f"There is no image “{key}”.")
    return gathering.preview(folder, FOLDER)


def has_splits(scan: Scan) -> bool:
    """Tell whether the folders on the first level are parts of the data."""
    return any(image.split for image in scan.images)


def _understand(kind: Format, path: Path, read: Reading, cancel: threading.Event | None) -> Preview:
    gathering = Gathering(kind.name, path, cancel)
    scan = _gather(gathering, path, read)
    return gathering.preview(scan.folder, FOLDER)


def _gather(gathering: Gathering, path: Path, read: Reading) -> Scan:
    if path.is_file():
        raise InputError(f"“{path.name}” is a file; this format is a folder.", "Choose the folder, or another format.")
    scan = scan_folder(path)
    for image in scan.images:
        *parts, name = image.relative.split("/")
        label, split = read(tuple(parts), name)
        # A folder can say which label an image has, not that it has none.
        gathering.add(Entry(image.path, None if label is None else (label,), split), image.relative)
    for skipped in scan.skipped:
        gathering.add_problem(_relative(skipped.path, scan.folder), skipped.reason)
    return scan


def _relative(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)


def _class_of(parts: Sequence[str], name: str) -> tuple[str | None, str | None]:
    return (folder_label(parts[0]) if parts else None), None


def _split_and_class_of(parts: Sequence[str], name: str) -> tuple[str | None, str | None]:
    split = SPLIT_FOLDERS.get(parts[0].lower()) if parts else None
    return _class_of(parts[1:] if split else parts, name)[0], split
