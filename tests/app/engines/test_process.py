"""The supervision of a worker, against a fake engine run as a real process."""

import os
import threading
from collections.abc import Iterator
from typing import IO

import pytest

from app.engines.process import NICENESS, QUICK_WORKER, EngineProcess, worker_command
from app.engines.protocol import Checkpoint, Event, Note, Progress
from app.errors import Cancelled, EngineError

FAKE = "tests.app.engines.fake_worker"
LATE_S = 0.3  # enough to be late; nothing fails for being later


@pytest.fixture
def engine() -> Iterator[EngineProcess]:
    with EngineProcess(worker_command(FAKE)) as engine:
        yield engine


def never() -> threading.Event:
    return threading.Event()


def test_a_job_gives_its_events_and_its_result(engine: EngineProcess) -> None:
    hello = engine.start()
    events: list[Event] = []
    result = engine.run({"kind": "train"}, events.append, never())
    assert (hello.engine, hello.version, hello.devices) == ("fake", "1.0", ("cpu", "imaginary"))
    assert result == {"answer": 42, "job": "train"}
    assert engine.processor_s >= 0
    assert [event.done for event in events if isinstance(event, Progress)] == [1, 2, 3]
    assert events[-2:] == [Note("Nearly there."), Checkpoint("somewhere")]


def test_a_worker_does_several_jobs(engine: EngineProcess) -> None:
    engine.start()
    for _ in range(3):
        assert engine.run({"kind": "train"}, lambda event: None, never())["answer"] == 42


def test_a_failure_is_a_sentence_with_a_hint(engine: EngineProcess) -> None:
    engine.start()
    with pytest.raises(EngineError) as caught:
        engine.run({"kind": "train", "end": "fail"}, lambda event: None, never())
    assert (caught.value.message, caught.value.hint) == ("The data are odd.", "Look at them.")
    assert engine.run({"kind": "train"}, lambda event: None, never())["answer"] == 42


def test_a_bug_is_reported_with_its_traceback(engine: EngineProcess) -> None:
    engine.start()
    with pytest.raises(EngineError) as caught:
        engine.run({"kind": "train", "end": "crash"}, lambda event: None, never())
    assert caught.value.message == "The engine failed: a bug"
    assert "RuntimeError" in caught.value.detail


def test_an_unknown_job_is_refused(engine: EngineProcess) -> None:
    engine.start()
    with pytest.raises(EngineError, match="does not know the job “dance”"):
        engine.run({"kind": "dance"}, lambda event: None, never())


def test_a_worker_that_dies_is_noticed_with_its_last_words(engine: EngineProcess) -> None:
    engine.start()
    with pytest.raises(EngineError) as caught:
        engine.run({"kind": "train", "end": "die"}, lambda event: None, never())
    assert caught.value.message == "The engine ended unexpectedly (code 3)."
    assert "last words" in caught.value.detail
    with pytest.raises(EngineError, match="is not running"):
        engine.run({"kind": "train"}, lambda event: None, never())


def test_last_words_are_waited_for(engine: EngineProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    read = EngineProcess._read_errors

    def read_late(process: EngineProcess, stream: IO[str]) -> None:
        assert process._process is not None
        process._process.wait()
        threading.Event().wait(LATE_S)
        read(process, stream)

    monkeypatch.setattr(EngineProcess, "_read_errors", read_late)
    engine.start()
    with pytest.raises(EngineError) as caught:
        engine.run({"kind": "train", "end": "die"}, lambda event: None, never())
    assert "last words" in caught.value.detail


def test_cancel_is_heard_between_steps(engine: EngineProcess) -> None:
    engine.start()
    cancel = threading.Event()
    with pytest.raises(Cancelled):
        engine.run({"kind": "train", "steps": 500, "step_s": 0.02}, lambda event: cancel.set(), cancel)
    assert engine.run({"kind": "train"}, lambda event: None, never())["answer"] == 42


def test_a_worker_that_ignores_cancel_is_ended() -> None:
    cancel = threading.Event()
    with EngineProcess(worker_command(FAKE), patience_s=0.3) as engine:
        engine.start()
        with pytest.raises(Cancelled):
            engine.run({"kind": "train", "steps": 1, "end": "hang"}, lambda event: cancel.set(), cancel)
        assert not engine.running


def test_a_killed_worker_is_noticed(engine: EngineProcess) -> None:
    engine.start()
    killer = threading.Timer(0.3, engine.kill)
    killer.start()
    with pytest.raises(EngineError, match="ended unexpectedly"):
        engine.run({"kind": "train", "steps": 10_000, "step_s": 0.02}, lambda event: None, never())
    killer.join()


def test_a_command_that_does_not_exist_is_a_sentence() -> None:
    with pytest.raises(EngineError, match="could not be started"):
        EngineProcess(["there-is-no-such-program-here"]).start()


def test_a_program_that_is_no_engine_is_a_sentence() -> None:
    with EngineProcess(worker_command("this.module.does.not.exist")) as engine:
        with pytest.raises(EngineError, match="could not start") as caught:
            engine.start()
        assert "ModuleNotFoundError" in caught.value.detail


def test_closing_leaves_no_process_behind(engine: EngineProcess) -> None:
    engine.start()
    engine.close()
    assert not engine.running


@pytest.mark.skipif(not hasattr(os, "getpriority"), reason="Windows has classes of priority instead")
def test_a_worker_lets_the_window_go_first() -> None:
    own = os.getpriority(os.PRIO_PROCESS, 0)
    with EngineProcess(worker_command(QUICK_WORKER)) as process:
        process.start()
        assert process._process is not None
        assert os.getpriority(os.PRIO_PROCESS, process._process.pid) == min(own + NICENESS, 19)
