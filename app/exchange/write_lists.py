"""Write files that list the images where they are: tables, Label Studio's tasks, addresses."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote

from app.exchange.downloading import address_of
from app.exchange.export import Item, Progress, relative_to
from app.exchange.label_studio import LOCAL_FILES
from app.exchange.recipes import HEADER

# Items, the folder of the file, progress -> the text.
WriteList = Callable[[Sequence[Item], Path, Progress], str]


def csv_text(items: Sequence[Item], folder: Path, progress: Progress) -> str:
    """Return the table with commas, a line for each label of an image."""
    return _table(items, folder, progress, ",")


def tsv_text(items: Sequence[Item], folder: Path, progress: Progress) -> str:
    """Return the table with tabs, a line for each label of an image."""
    return _table(items, folder, progress, "\t")


def recipes_text(items: Sequence[Item], folder: Path, progress: Progress) -> str:
    """Return the table of the computer-vision recipes; what its cells cannot hold is left out."""
    lines = ["\t".join(HEADER)]
    for item in items:
        progress.step()
        name = relative_to(item.path, folder)
        if any(mark in name for mark in "\t\n\r"):
            progress.leave_out(item, "Its name has a tab or a new line, which this format cannot hold.")
        elif any("," in label for label in item.labels):
            progress.leave_out(item, "Its label has a comma, which this format cannot hold.")
        else:
            lines.append(f"{name}\t{item.excluded}\t{','.join(item.labels)}")
    return "\n".join(lines) + "\n"


def label_studio_text(items: Sequence[Item], folder: Path, progress: Progress) -> str:
    """Return tasks with one annotation each; paths are local files as seen from the folder of the file."""
    tasks = []
    for item in items:
        progress.step()
        data: dict[str, object] = {"image": f"{LOCAL_FILES}?d={quote(relative_to(item.path, folder))}"}
        if item.split:
            data["split"] = item.split
        if item.group:
            data["group"] = item.group
        if item.excluded:
            data["exclude"] = True
        choice = {
            "from_name": "label",
            "to_name": "image",
            "type": "choices",
            "value": {"choices": list(item.labels)},
        }
        tasks.append({"data": data, "annotations": [{"result": [choice]}] if item.labels else []})
    return "[\n" + ",\n".join(json.dumps(task, ensure_ascii=False) for task in tasks) + "\n]\n"


def addresses_text(items: Sequence[Item], folder: Path, progress: Progress) -> str:
    """Return the list of addresses of the images that were downloaded from such a list."""
    lines = []
    known: dict[Path, dict[str, str]] = {}
    for item in items:
        progress.step()
        url = address_of(item.path, known)
        if url is None:
            progress.leave_out(item, "It was not downloaded from a list of addresses.")
        else:
            lines += [f"{label}\t{url}" for label in item.labels or ("",)]
    return "".join(f"{line}\n" for line in lines)


def _table(items: Sequence[Item], folder: Path, progress: Progress, delimiter: str) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(("image", "label", "split", "group", "exclude"))
    for item in items:
        progress.step()
        name = relative_to(item.path, folder)
        for label in item.labels or ("",):
            writer.writerow((name, label, item.split or "", item.group or "", int(item.excluded)))
    return text.getvalue()
