"""Training from end to end, with real workers: what a run leaves behind, and how it fails."""

import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.dataset.decode import read_image
from app.engines.catalog import engine_status
from app.engines.cntk_runtime import RUNTIME_VARIABLE
from app.engines.process import EngineProcess
from app.engines.protocol import Event, Progress
from app.engines.snapshot import NETWORK_FILE, TEST, TRAIN, read_snapshot, read_split
from app.errors import Cancelled, EngineError, InputError
from app.export.predictor import Predictor
from app.project.project import Project
from app.training import TrainingRequest, train
from tests.conftest import PER_CLASS, Trained


def ignore(*values: object) -> None:
    """Hear and do nothing."""


def add(project: Project, folder: Path) -> None:
    project.add_folder(folder, ignore, threading.Event())


def some(garments: Path, target: Path, counts: dict[str, int]) -> Path:
    """Copy so many images of each class."""
    for label, count in counts.items():
        (target / label).mkdir(parents=True)
        for path in sorted((garments / label).iterdir())[:count]:
            shutil.copy(path, target / label)
    return target


def progress_of(events: tuple[Event, ...] | list[Event], stage: str) -> list[Progress]:
    return [event for event in events if isinstance(event, Progress) and event.stage == stage]


def test_a_run_is_measured_and_listed(trained: Trained) -> None:
    evaluation = trained.result.evaluation
    assert evaluation is not None
    assert evaluation.accuracy >= 0.8
    assert evaluation.interval[0] <= evaluation.accuracy <= evaluation.interval[1]
    assert trained.result.classes == ("dotted", "leopard", "striped")
    assert set(trained.result.seconds) == {"decode", "features", "fit", "total"}
    with Project.open(trained.project) as project:
        run = project.runs()[0]
    assert (run.state, run.accuracy, run.images) == ("done", evaluation.accuracy, evaluation.images)


def test_the_run_folder_holds_everything(trained: Trained) -> None:
    folder = trained.result.bundle.parent
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "spec.json", "split.json", "metrics.jsonl", "validation.npz", "bundle", "evaluation.json",
    }  # fmt: skip
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert [line["values"]["strength"] for line in lines] == [0.5, 2.0, 8.0, 32.0, 128.0]


def test_what_is_to_be_removed_may_be_gone_already(project: Project, garments: Path) -> None:
    add(project, garments)
    network = project.run_folder(1) / NETWORK_FILE
    train(project, TrainingRequest(), on_first("test", network.unlink), threading.Event())
    assert project.runs()[0].state == "done"


def test_what_happens_is_told_while_it_happens(trained: Trained) -> None:
    features, fits = progress_of(trained.events, "features"), progress_of(trained.events, "fit")
    assert features[-1].done == features[-1].total == 3 * PER_CLASS
    assert all(event.values["images_per_second"] > 0 for event in features)
    assert [event.done for event in fits] == [1, 2, 3, 4, 5]
    told = {"strength", "validation_loss", "validation_accuracy"}
    assert all(told <= set(event.values) for event in fits)


def test_no_test_image_was_trained_on(trained: Trained) -> None:
    folder = trained.result.bundle.parent
    snapshot, split = read_snapshot(folder), read_split(folder)
    tested = {snapshot.images[position].digest for position in split.positions(TEST)}
    others = {image.digest for image, part in zip(snapshot.images, split.parts, strict=True) if part != TEST}
    assert tested
    assert not tested & others
    evaluation = trained.result.evaluation
    assert evaluation is not None
    assert {image.path for image in evaluation.predictions} == {
        snapshot.images[position].path for position in split.positions(TEST)
    }


def test_pictures_of_one_photo_are_on_one_side(project: Project, tmp_path: Path, garments: Path) -> None:
    images = some(garments, tmp_path / "images", {"dotted": 8, "striped": 8})
    for path in sorted(images.rglob("*.jpg")):
        shutil.copy(path, path.with_stem(f"{path.stem}_copy"))
        small = cv2.resize(read_image(path), None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA)
        data = cv2.imencode(".jpg", small[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 75])[1]
        path.with_stem(f"{path.stem}_small").write_bytes(data.tobytes())
    add(project, images)
    folder = train(project, TrainingRequest(), ignore, threading.Event()).bundle.parent
    snapshot, split = read_snapshot(folder), read_split(folder)
    parts: dict[str, set[str | None]] = {}
    for image, part in zip(snapshot.images, split.parts, strict=True):
        photo = Path(image.path)
        parts.setdefault(f"{photo.parent.name}/{photo.stem.split('_')[0]}", set()).add(part)
    assert len(parts) == 16
    assert all(len(one) == 1 for one in parts.values()), parts
    assert TEST in split.parts


def test_a_second_run_looks_at_new_images_only(trained_copy: Path, garments: Path, tmp_path: Path) -> None:
    with Project.open(trained_copy) as project:
        for label in ("dotted", "leopard"):
            (tmp_path / "more" / label).mkdir(parents=True)
            picture = min((garments / label).iterdir()).read_bytes()
            (tmp_path / "more" / label / "new.jpg").write_bytes(picture + b"\0")
        add(project, tmp_path / "more")
        events: list[Event] = []
        train(project, TrainingRequest(), events.append, threading.Event())
        assert {event.total for event in progress_of(events, "features")} == {2}
        events.clear()
        train(project, TrainingRequest(), events.append, threading.Event())
        assert progress_of(events, "features") == []


@pytest.fixture
def trained_copy(trained: Trained, tmp_path: Path) -> Path:
    """Copy the trained project, so that a test may write into it."""
    shutil.copytree(trained.project, tmp_path / "trained")
    return tmp_path / "trained"


@pytest.mark.parametrize("head", ["logistic", "svm"])
def test_the_same_seed_gives_the_same_model(trained_copy: Path, garments: Path, head: str) -> None:
    request = TrainingRequest(seed=5, head=head)
    with Project.open(trained_copy) as project:
        first, again = (train(project, request, ignore, threading.Event()) for _ in range(2))
    paths = sorted(garments.rglob("*.jpg"))[:6]
    answers = [[one.probabilities for one in Predictor(run.bundle).predict_files(paths)] for run in (first, again)]
    np.testing.assert_array_equal(answers[0], answers[1])


def test_the_users_own_folders_are_kept(project: Project, tmp_path: Path, garments: Path) -> None:
    for folder, start, end in (("train", 0, 6), ("val", 6, 8), ("test", 8, 11)):
        for label in ("dotted", "striped"):
            (tmp_path / "images" / folder / label).mkdir(parents=True)
            for path in sorted((garments / label).iterdir())[start:end]:
                shutil.copy(path, tmp_path / "images" / folder / label)
    add(project, tmp_path / "images")
    result = train(project, TrainingRequest(), ignore, threading.Event())
    snapshot, split = read_snapshot(result.bundle.parent), read_split(result.bundle.parent)
    kept = {(Path(image.path).parts[-3], part) for image, part in zip(snapshot.images, split.parts, strict=True)}
    assert kept == {("train", TRAIN), ("val", TRAIN), ("test", TEST)}  # quick checks itself by cross-validation
    assert [len(split.positions(part)) for part in (TRAIN, TEST)] == [16, 6]
    assert result.evaluation is not None
    assert result.evaluation.images == 6
    assert all("test" in Path(image.path).parts for image in result.evaluation.predictions)
    assert "the images of your test folder" in result.evaluation.protocol


def test_an_unreadable_image_is_skipped_listed_and_marked(project: Project, tmp_path: Path, garments: Path) -> None:
    images = some(garments, tmp_path / "images", {"dotted": 5, "striped": 5})
    (images / "dotted" / "broken.jpg").write_bytes(b"\xff\xd8\xff not a picture")
    add(project, images)
    result = train(project, TrainingRequest(), ignore, threading.Event())
    assert [one.path.name for one in result.skipped] == ["broken.jpg"]
    assert result.skipped[0].reason
    marked = [row for row in project.images() if row.problem]
    assert [row.path.name for row in marked] == ["broken.jpg"]


def test_a_few_images_are_enough_to_train(project: Project, tmp_path: Path, garments: Path) -> None:
    add(project, some(garments, tmp_path / "images", {"dotted": 2, "striped": 2}))
    result = train(project, TrainingRequest(), ignore, threading.Event())
    assert result.evaluation is None
    assert project.runs()[0].state == "done"
    assert (result.bundle / "model.onnx").is_file()
    assert "no test images" in (result.bundle / "MODEL_CARD.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({"dotted": 4}, "All labelled images are in one class"),
        ({"dotted": 4, "striped": 1}, "“striped” has only one image"),
    ],
)
def test_too_little_to_learn_from_is_a_sentence(
    project: Project, tmp_path: Path, garments: Path, counts: dict[str, int], words: str
) -> None:
    add(project, some(garments, tmp_path / "images", counts))
    with pytest.raises(InputError, match=words) as caught:
        train(project, TrainingRequest(), ignore, threading.Event())
    assert caught.value.hint
    assert project.runs() == []


def test_an_empty_project_is_a_sentence(project: Project) -> None:
    with pytest.raises(InputError, match="no labelled images"):
        train(project, TrainingRequest(), ignore, threading.Event())


def test_excluded_images_are_not_used(project: Project, tmp_path: Path, garments: Path) -> None:
    add(project, some(garments, tmp_path / "images", {"dotted": 5, "striped": 5, "leopard": 5}))
    leopards = [row.id for row in project.images() if "leopard" in row.name]
    project.edits.set_excluded(leopards, True)
    result = train(project, TrainingRequest(), ignore, threading.Event())
    assert result.classes == ("dotted", "striped")


def test_an_engine_that_cannot_run_says_why(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(RUNTIME_VARIABLE, str(tmp_path / "nowhere"))
    with pytest.raises(EngineError, match="“cntk” cannot run here") as caught:
        train(project, TrainingRequest(engine="cntk"), ignore, threading.Event())
    assert caught.value.hint == engine_status("cntk").reason


def test_only_unreadable_images_are_a_sentence(project: Project, tmp_path: Path) -> None:
    for label in ("a", "b"):
        (tmp_path / "images" / label).mkdir(parents=True)
        for number in range(2):
            (tmp_path / "images" / label / f"{number}.jpg").write_bytes(f"no picture {label}{number}".encode())
    add(project, tmp_path / "images")
    with pytest.raises(InputError):
        train(project, TrainingRequest(), ignore, threading.Event())
    assert project.runs()[0].state == "failed"
    assert project.runs()[0].reason


def on_first(stage: str, act: Callable[[], None]) -> Callable[[Event], None]:
    """Act when a stage is first heard of."""
    heard: list[Event] = []

    def on_event(event: Event) -> None:
        if isinstance(event, Progress) and event.stage == stage and not heard:
            heard.append(event)
            act()

    return on_event


@pytest.mark.parametrize("stage", ["features", "fit"])
def test_cancelling_is_listed_and_the_next_run_goes_on(
    project: Project, tmp_path: Path, garments: Path, stage: str
) -> None:
    add(project, some(garments, tmp_path / "images", {"dotted": 8, "striped": 8}))
    cancel = threading.Event()
    with pytest.raises(Cancelled):
        train(project, TrainingRequest(), on_first(stage, cancel.set), cancel)
    assert (project.runs()[0].state, project.runs()[0].reason) == ("cancelled", "Stopped by you.")
    assert (project.runs()[0].seconds or 0) > 0
    assert train(project, TrainingRequest(), ignore, threading.Event()).run == 2


def test_a_killed_engine_is_a_sentence_and_nothing_is_lost(
    project: Project, tmp_path: Path, garments: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(project, some(garments, tmp_path / "images", {"dotted": 8, "striped": 8}))
    started: list[EngineProcess] = []
    launch = EngineProcess.launch

    def remember(process: EngineProcess) -> None:
        started.append(process)
        launch(process)

    def kill_all() -> None:  # one of them has prepared the network, and ended
        for process in started:
            process.kill()

    monkeypatch.setattr(EngineProcess, "launch", remember)
    with pytest.raises(EngineError, match="ended unexpectedly") as caught:
        train(project, TrainingRequest(), on_first("fit", kill_all), threading.Event())
    assert caught.value.hint
    assert project.runs()[0].state == "failed"
    assert project.runs()[0].reason == f"{caught.value.message} {caught.value.hint}"
    assert (project.runs()[0].seconds or 0) > 0
    assert len(project.images()) == 16
    assert train(project, TrainingRequest(), ignore, threading.Event()).run == 2


def test_what_the_user_edits_meanwhile_does_not_touch_the_run(project: Project, tmp_path: Path, garments: Path) -> None:
    add(project, some(garments, tmp_path / "images", {"dotted": 6, "striped": 6}))

    def rename() -> None:
        project.edits.rename_class(project.classes()[0].id, "renamed")
        project.edits.set_label([project.images()[0].id], project.classes()[1].id)

    result = train(project, TrainingRequest(), on_first("fit", rename), threading.Event())
    assert result.classes == ("dotted", "striped")
