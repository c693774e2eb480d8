"""Every format that can be exported."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.errors import InputError
from app.exchange import addresses, flags, folders, huggingface, label_studio, recipes, tables
from app.exchange import write_folders as folder_writers
from app.exchange import write_lists as list_writers
from app.exchange.export import Exported, Item, OnCount, Progress, check_new_file, items_of, new_folder, present
from app.exchange.formats import EXCLUDES, SEVERAL, Format
from app.exchange.preview import Problem
from app.exchange.write_folders import WriteFolder
from app.exchange.write_lists import WriteList
from app.files import write_text
from app.project.project import Project


@dataclass(frozen=True)
class FileExporter:
    """Writes one file that names the images where they are."""

    format: Format
    suffix: str
    write: WriteList


@dataclass(frozen=True)
class FolderExporter:
    """Writes a folder; `copies` tells whether the images are in it, copied or linked."""

    format: Format
    write: WriteFolder
    copies: bool = True


Exporter = FileExporter | FolderExporter

EXPORTERS: dict[str, Exporter] = {
    "class-folders": FolderExporter(folders.CLASS_FOLDERS, folder_writers.write_class_folders),
    "split-folders": FolderExporter(folders.SPLIT_CLASS_FOLDERS, folder_writers.write_split_folders),
    "dedicated-test-images": FolderExporter(folders.DEDICATED, folder_writers.write_dedicated),
    "csv": FileExporter(tables.CSV, ".csv", list_writers.csv_text),
    "tsv": FileExporter(tables.TSV, ".tsv", list_writers.tsv_text),
    "recipes-tsv": FileExporter(recipes.RECIPES, ".tsv", list_writers.recipes_text),
    "addresses": FileExporter(addresses.ADDRESSES, ".tsv", list_writers.addresses_text),
    "huggingface-csv": FolderExporter(huggingface.HUGGINGFACE_CSV, folder_writers.write_huggingface_csv),
    "huggingface-jsonl": FolderExporter(huggingface.HUGGINGFACE_JSONL, folder_writers.write_huggingface_jsonl),
    "label-studio": FileExporter(label_studio.LABEL_STUDIO, ".json", list_writers.label_studio_text),
    "labelme": FolderExporter(flags.LABELME, folder_writers.write_labelme, copies=False),
    "x-anylabeling": FolderExporter(flags.X_ANYLABELING, folder_writers.write_x_anylabeling, copies=False),
}


def export(
    project: Project, name: str, target: Path, link: bool, on_count: OnCount, cancel: threading.Event
) -> Exported:
    """Write a project's labels in a format of EXPORTERS to a new file or folder: whole, or not at all.

    `link` links the images instead of copying them, in formats that hold images. Raises InputError where the
    target is in the way or cannot be written, or nothing can be exported, and Cancelled.
    """
    exporter = EXPORTERS[name]
    problems: list[Problem] = []
    items = present(_carried(items_of(project), exporter.format, problems), problems)
    progress = Progress(len(items), on_count, cancel)
    _check_any(items, progress, problems)
    if isinstance(exporter, FileExporter):
        check_new_file(target)
        text = exporter.write(items, target.absolute().parent.resolve(), progress)
        _check_any(items, progress, problems)
        try:
            write_text(target, text)
        except OSError as error:
            raise InputError(
                f"“{target}” could not be written ({error.strerror or error}).", "Check its disk.", str(error)
            ) from error
    else:
        with new_folder(target, project.sources() if exporter.copies else []) as folder:
            exporter.write(items, folder, link, progress)
            _check_any(items, progress, problems)
    return Exported(target, len(items) - progress.left_out, (*problems, *progress.problems))


def _carried(items: Sequence[Item], kind: Format, problems: list[Problem]) -> list[Item]:
    """Leave out, and note, what would say something else in this format."""
    kept = []
    for item in items:
        if item.excluded and EXCLUDES not in kind.carries:
            problems.append(Problem(item.name, "It is excluded, which this format cannot say."))
        elif len(item.labels) > 1 and SEVERAL not in kind.carries:
            problems.append(Problem(item.name, "It has several labels, of which this format holds one."))
        else:
            kept.append(item)
    return kept


def _check_any(items: Sequence[Item], progress: Progress, problems: Sequence[Problem]) -> None:
    if progress.left_out == len(items):
        reasons = (*problems, *progress.problems)
        hint = f"{reasons[0].where}: {reasons[0].reason}" if reasons else "Add images to the project first."
        raise InputError("There is no image to export in this format.", hint)
