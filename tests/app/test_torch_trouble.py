"""Fine-tuning in trouble, with a real worker: too little memory, a full disk, a file that vanishes, a stop."""

import sys
import threading
from pathlib import Path

import pytest

from app.engines.process import QUICK_WORKER, EngineProcess
from app.engines.protocol import Event, Note, Progress
from app.engines.stages import TORCH_TRAINING, WAIT_ASLEEP
from app.errors import Cancelled, EngineError
from app.project.project import Project
from app.settings import Value
from app.training import RUN_WORKER, TrainingRequest, resumable_run, train

WHOLE: dict[str, Value] = {
    "epochs": 1,
    "side": 224,
    "training_share": 1.0,
    "frozen_layers": 0,
    "batch_size": 32,
    "second_network": "none",
}
# So that addresses are free again when memory is: the C library's heap would keep them.
GIVE_BACK = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_ARENA_MAX": "1"}
linux = pytest.mark.skipif(sys.platform != "linux", reason="the system's limits are Linux's")


def limited(limit: str) -> EngineProcess:
    """Return a worker with a limit, for `with`; it gives memory back at once, as the limit is of addresses."""
    modules = (QUICK_WORKER, TORCH_TRAINING, RUN_WORKER)
    command = [sys.executable, "-m", "tests.app.engines.limited_worker", limit, *modules]
    return EngineProcess(command, {**WAIT_ASLEEP, **GIVE_BACK, "OMP_NUM_THREADS": "1"})


@pytest.fixture
def garment_project(project: Project, garments: Path) -> Project:
    project.add_folder(garments, lambda done, total: None, threading.Event())
    return project


@linux
@pytest.mark.slow
def test_with_too_little_memory_batches_shrink_and_the_run_ends_well(garment_project: Project) -> None:
    events: list[Event] = []
    request = TrainingRequest("torch", preset="best", settings=WHOLE)
    with limited(f"address={720 << 20}") as worker:
        train(garment_project, request, events.append, threading.Event(), worker)
    notes = [event.text for event in events if isinstance(event, Note)]
    assert any(note.startswith("Memory did not suffice; batches have") for note in notes)
    assert garment_project.runs()[0].state == "done"


@linux
@pytest.mark.slow
@pytest.mark.parametrize(("preset", "said"), [
    ("best", "The state of the training could not be saved."),
    ("balanced", "What the lower blocks see could not be stored."),
])  # fmt: skip
def test_a_full_disk_is_a_sentence_and_the_run_stays_with_its_reason(
    garment_project: Project, preset: str, said: str
) -> None:
    request = TrainingRequest("torch", preset=preset, settings={"epochs": 1, "side": 160, "views": 16})
    with limited(f"file={4 << 20}") as worker, pytest.raises(EngineError) as caught:
        train(garment_project, request, lambda event: None, threading.Event(), worker)
    assert caught.value.message == said
    assert "space" in caught.value.hint
    (run,) = garment_project.runs()
    assert (run.state, run.reason) == ("failed", f"{said} {caught.value.hint}")


@pytest.mark.slow
def test_a_file_that_vanishes_is_named_and_the_run_stays_with_its_reason(project: Project, garments: Path) -> None:
    copy = project.folder.parent / "copy"
    for path in sorted(garments.glob("*/*")):
        (copy / path.parent.name).mkdir(parents=True, exist_ok=True)
        (copy / path.parent.name / path.name).write_bytes(path.read_bytes())
    project.add_folder(copy, lambda done, total: None, threading.Event())
    gone: list[Path] = []

    def vanish(event: Event) -> None:
        if isinstance(event, Progress) and event.stage == "features" and event.done == event.total:
            gone.extend(path for path in copy.glob("*/*") if path.suffix)
            for path in gone:
                path.unlink()

    request = TrainingRequest("torch", preset="balanced", settings={"epochs": 1, "side": 160})
    with pytest.raises(EngineError, match="cannot be read any more") as caught:
        train(project, request, vanish, threading.Event())
    assert any(path.name in caught.value.message for path in gone)
    (run,) = project.runs()
    assert (run.state, run.reason) == ("failed", str(caught.value))


@pytest.mark.slow
def test_a_stop_is_heard_in_the_middle_of_an_epoch_and_keeps_a_checkpoint(garment_project: Project) -> None:
    cancel = threading.Event()

    def stop(event: Event) -> None:
        if isinstance(event, Progress) and event.stage == "tune" and not cancel.is_set():
            cancel.set()

    request = TrainingRequest("torch", preset="best", settings={"epochs": 50, "side": 160, "batch_size": 4})
    with pytest.raises(Cancelled):
        train(garment_project, request, stop, cancel)
    assert resumable_run(garment_project) == 1
