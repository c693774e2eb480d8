"""Answers of many files: small in memory, the same when they come out, and remembered when interrupted."""

import os
import threading
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from app.engines.protocol import Event, Progress
from app.errors import Cancelled
from app.export.answers import Answers
from app.export.asking import ask
from app.export.bundle import read_bundle_info
from app.export.journal import FOLDER, KEPT, Journal
from app.export.service import ModelService
from app.files import cache_folder

LABELS = ("cat", "dog", "owl")


def result(path: str, *confidences: float, verdict: str = "accepted", novelty: float | None = 0.25) -> dict[str, Any]:
    ranked = sorted(zip(LABELS, confidences, strict=True), key=lambda one: -one[1])
    predictions = [{"label": label, "confidence": confidence} for label, confidence in ranked]
    return {"path": path, "predictions": predictions, "verdict": verdict, "novelty": novelty, "problem": None}


def unreadable(path: str) -> dict[str, Any]:
    return {"path": path, "predictions": [], "verdict": None, "novelty": None, "problem": "It is empty."}


def test_what_comes_out_is_what_went_in() -> None:
    given = [result("a", 0.25, 0.5, 0.25), unreadable("b"), result("c", 0.0, 0.0, 1.0, verdict="unknown", novelty=None)]
    answers = Answers(LABELS)
    answers.add(given)
    assert list(answers) == given
    assert answers[-1] == given[-1]
    assert answers[:2] == given[:2]
    assert answers.best(0, 2) == [("dog", 0.5), ("cat", 0.25)]
    assert answers.unreadable == 1
    assert [one["predictions"] for one in answers.placed()][1:] == [[], [{"label": "owl", "confidence": 1.0}]]
    with pytest.raises(IndexError):
        answers[3]


def test_ten_thousand_answers_take_little_memory() -> None:
    labels = [f"class {number}" for number in range(20)]
    row = [1 / 20] * 20
    tracemalloc.start()
    answers = Answers(labels)
    for number in range(10_000):
        answers.append(f"/home/somebody/photos/of/garments/{number:06}.jpg", row, "accepted", 0.5)
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert taken < 4 << 20


def files_of(folder: Path, count: int) -> list[Path]:
    folder.mkdir(exist_ok=True)
    files = [folder / f"{number}.jpg" for number in range(count)]
    for file in files:
        file.write_bytes(b"picture")
    return files


def test_an_interrupted_question_is_remembered(bundle: Path, tmp_path: Path) -> None:
    info = read_bundle_info(bundle)
    files = files_of(tmp_path / "photos", 4)
    first = {**result(str(files[0]), 0.1, 0.2, 0.7), "predictions": [{"label": info.labels[0], "confidence": 1.0}]}
    interrupted = Journal(info, [tmp_path])
    interrupted.add([first, {**first, "path": str(files[1])}])
    interrupted.add([unreadable(str(files[2]))])
    interrupted.__exit__(Cancelled, Cancelled(), None)
    known, rest = Journal(info, [tmp_path]).split(files)
    assert [known.path(at) for at in range(3)] == [str(file) for file in files[:3]]
    assert rest == files[3:]
    assert known.problem(2) == "It is empty."
    assert list(known.probabilities(0)) == [1.0, 0.0, 0.0]
    assert Journal(info, [tmp_path / "photos"]).split(files)[1] == files  # another question
    os.utime(files[1], ns=(1, 1))
    assert Journal(info, [tmp_path]).split(files)[1] == [files[1], files[3]]  # one that changed
    with Journal(info, [tmp_path]):
        pass
    assert Journal(info, [tmp_path]).split(files)[1] == files  # answered to its end


def test_a_line_that_was_cut_off_is_asked_again(bundle: Path, tmp_path: Path) -> None:
    info = read_bundle_info(bundle)
    files = files_of(tmp_path / "photos", 3)
    journal = Journal(info, [tmp_path])
    journal.add([unreadable(str(file)) for file in files[:2]])
    journal._close()
    journal._file.write_text(journal._file.read_text(encoding="utf-8")[:-9], encoding="utf-8")
    again = Journal(info, [tmp_path])
    assert again.split(files)[1] == files[1:]
    again.add([unreadable(str(files[1]))])
    again._close()
    assert Journal(info, [tmp_path]).split(files)[1] == files[2:]


def test_another_rule_or_model_asks_anew(bundle: Path, copy: Path, tmp_path: Path) -> None:
    files = files_of(tmp_path / "photos", 1)
    journal = Journal(read_bundle_info(bundle), [tmp_path])
    journal.add([unreadable(str(files[0]))])
    journal._close()
    text = (copy / "bundle.json").read_text(encoding="utf-8")
    sha = read_bundle_info(bundle).model_sha256
    (copy / "bundle.json").write_text(text.replace(sha, "0" * 64), encoding="utf-8")
    assert Journal(read_bundle_info(copy), [tmp_path]).split(files)[1] == files


def test_few_journals_are_kept_and_a_full_disk_stops_nothing(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    info = read_bundle_info(bundle)
    for number in range(KEPT + 3):
        journal = Journal(info, [tmp_path / str(number)])
        journal.add([unreadable("a")])
        journal._close()
    assert len(list((cache_folder() / FOLDER).iterdir())) <= KEPT + 1

    def full(*arguments: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "open", full)
    with Journal(info, [tmp_path / "x"]) as journal:
        journal.add([unreadable("a")])
    assert "not remembered" in caplog.text


def test_a_stopped_question_goes_on_where_it_stopped(bundle: Path, garments: Path) -> None:
    service = ModelService()
    heard: list[str] = []
    stop = threading.Event()

    def hear(event: Event) -> None:
        if isinstance(event, Progress):
            heard.extend(one["path"] for one in event.values["results"])
            stop.set()

    with pytest.raises(Cancelled):
        ask(service, bundle, [garments], hear, stop)
    answered = list(heard)
    assert 0 < len(answered) < 42
    heard.clear()
    totals: list[tuple[int, int]] = []

    def hear_all(event: Event) -> None:
        if isinstance(event, Progress):
            heard.extend(one["path"] for one in event.values["results"])
            totals.append((event.done, event.total))

    assert ask(service, bundle, [garments], hear_all, threading.Event()) == len(answered)
    assert heard == [str(path) for path in sorted(garments.rglob("*.jpg"))]
    assert totals[0] == (len(answered), 42)
    assert totals[-1] == (42, 42)
    assert ask(service, bundle, [garments], lambda event: None, threading.Event()) == 0
    service.close()
