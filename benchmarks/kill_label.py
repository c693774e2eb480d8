"""What is lost when the labelling program is killed, 200 times, at a random moment.

A child process labels through `Project.edits`, as the window does at each key, and tells before and after each label.
It is killed while it opens the project or while it labels; then the project must open, and hold every label but the
one that was being written. Prints `kills`, `max_lost`, `committed_lost` (told as written, yet missing),
`failed_to_open`, `labels` (told as written in all). Usage: python benchmarks/kill_label.py [KILLS]
"""

import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app.demo.garments import make_demo
from app.errors import AppError
from app.project.project import Project
from benchmarks.result import print_result, say

KILLS = 200
LABELLER = "--label"  # the argument that makes this program the child
READY, BEGUN, WRITTEN = "ready", "begun", "written"
OPENING_SHARE = 0.2  # of the kills come while the project is being opened
OPENING_S, LABELLING_S = 0.4, 0.25  # the latest moment of a kill
MANY_SHARE, MANY = 0.2, 12  # of the edits label so many images at once
TOLD_EVERY = 50
Labels = dict[int, int | None]


@dataclass(frozen=True)
class Told:
    """What a child said of one edit: the images, the class they got, and whether it said that it is written."""

    images: tuple[int, ...]
    class_id: int | None
    written: bool


def label(folder: Path, seed: int) -> None:
    """Label at random until killed, telling of each edit on stdout."""
    source = random.Random(seed)
    with Project.open(folder) as project:
        images = [row.id for row in project.images()]
        classes = [*(row.id for row in project.classes()), None]
        print(READY, flush=True)
        while True:
            chosen = source.sample(images, MANY if source.random() < MANY_SHARE else 1)
            class_id = source.choice(classes)
            print(BEGUN, class_id, *chosen, flush=True)
            project.edits.set_label(chosen, class_id)
            print(WRITTEN, flush=True)


def kill_once(folder: Path, source: random.Random) -> list[Told]:
    """Start a child, kill it at a random moment, and return what it said."""
    command = [sys.executable, __file__, LABELLER, str(folder), str(source.randrange(1 << 32))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = []
        if source.random() >= OPENING_SHARE:
            lines.append(process.stdout.readline())
            time.sleep(source.uniform(0, LABELLING_S))
        else:
            time.sleep(source.uniform(0, OPENING_S))
        process.kill()
        lines += process.stdout.readlines()
    return list(_told(lines))


def _told(lines: list[str]) -> Iterator[Told]:
    for line, following in pairwise([*lines, ""]):
        word, *rest = line.split() or [""]
        if word == BEGUN:
            class_id = None if rest[0] == "None" else int(rest[0])
            yield Told(tuple(map(int, rest[1:])), class_id, following.strip() == WRITTEN)


def count_lost(before: Labels, told: list[Told], after: Labels) -> int | None:
    """Return how many of the last edits are missing; None where the labels are of no moment in between."""
    states = [before]
    for edit in told:
        states.append({**states[-1], **dict.fromkeys(edit.images, edit.class_id)})
    return next((lost for lost, state in enumerate(reversed(states)) if state == after), None)


def read_labels(folder: Path) -> Labels:
    """Open a project and return its labels; raises AppError where it is damaged."""
    with Project.open(folder) as project:
        if (said := project.store.value("PRAGMA integrity_check")) != "ok":
            raise AppError(f"The database is damaged: {said}")
        return {row.id: row.class_id for row in project.images()}


def main(kills: int, work: Path) -> None:
    """Kill, look, and print."""
    folder, source = work / "project", random.Random(0)
    with Project.create(folder, "Killed") as project:
        project.add_folder(make_demo(work / "demo", per_class=20), lambda done, total: None, threading.Event())
    labels = read_labels(folder)
    most = committed = failed = written = 0
    for number in range(1, kills + 1):
        told = kill_once(folder, source)
        try:
            after = read_labels(folder)
        except AppError as error:
            say(f"kill {number}: {error}")
            failed += 1
            break  # nothing can be said of the kills that would follow
        lost = count_lost(labels, told, after)
        if lost is None:
            say(f"kill {number}: an edit is there in part, or labels from before are gone")
            lost = len(labels)
        most = max(most, lost)
        committed += sum(edit.written for edit in told[-lost:]) if lost else 0
        written += sum(edit.written for edit in told)
        labels = after
        if number % TOLD_EVERY == 0:
            say(f"{number} kills, {written} labels written, at most {most} lost")
    print_result(kills=number, max_lost=most, committed_lost=committed, failed_to_open=failed, labels=written)


if __name__ == "__main__":
    if sys.argv[1:2] == [LABELLER]:
        label(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        with tempfile.TemporaryDirectory() as temporary:
            main(int(sys.argv[1]) if len(sys.argv) > 1 else KILLS, Path(temporary))
