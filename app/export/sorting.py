"""Sort predicted images into a folder per class, by copies or links: the images themselves stay where they are."""

import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from app.errors import InputError
from app.evaluation.rule import ACCEPTED, UNKNOWN, UNSURE
from app.files import replacing, safe_name

REJECTED = {UNKNOWN: "(unknown)", UNSURE: "(unsure)"}
OnCount = Callable[[int, int], None]


def sort_into(
    folder: Path, results: Sequence[dict[str, Any]], labels: Sequence[str], link: bool, on_count: OnCount
) -> int:
    """Put a copy (or a symbolic link) of every readable image into the folder of its class; return how many.

    Images that the model's rule rejects go to “(unknown)” and “(unsure)”. Whatever `on_count` raises ends the work.
    Raises InputError where `folder` has something in it already, or cannot be written.
    """
    readable = [result for result in results if result["predictions"]]
    names = _distinct([*REJECTED.values(), *(safe_name(label) for label in labels)])
    of_label = dict(zip(labels, names[len(REJECTED) :], strict=True))
    homes = [_home(result, of_label) for result in readable]
    files = _distinct(f"{home}/{Path(result['path']).name}" for home, result in zip(homes, readable, strict=True))
    try:
        _take(folder)
        for home in set(homes):
            (folder / home).mkdir()
        for number, (result, file) in enumerate(zip(readable, files, strict=True), 1):
            on_count(number, len(readable))
            _place(Path(result["path"]), folder / file, link)
    except OSError as error:
        hint = "Copy instead of linking, or choose another place." if link else "Choose another place with enough room."
        raise InputError(f"The images cannot be sorted into “{folder}”.", hint, str(error)) from error
    return len(readable)


def _home(result: dict[str, Any], of_label: dict[str, str]) -> str:
    verdict = result.get("verdict") or ACCEPTED
    return REJECTED[verdict] if verdict in REJECTED else of_label[result["predictions"][0]["label"]]


def _take(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise InputError(f"There is something in “{folder}” already.", "Choose a new or an empty folder.")


def _place(image: Path, target: Path, link: bool) -> None:
    if link:
        os.symlink(image.resolve(), target)
        return
    with image.open("rb") as source, replacing(target) as copy:
        shutil.copyfileobj(source, copy)
    shutil.copystat(image, target)


def _distinct(names: Iterable[str]) -> list[str]:
    """Number names that a system without upper and lower case would take for the same."""
    taken: set[str] = set()
    distinct = []
    for name in names:
        stem, suffix = os.path.splitext(name)
        number, free = 1, name
        while free.casefold() in taken:
            number += 1
            free = f"{stem} {number}{suffix}"
        taken.add(free.casefold())
        distinct.append(free)
    return distinct
