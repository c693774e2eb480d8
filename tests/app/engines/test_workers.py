"""Every worker speaks the same protocol: our own, the fake ones, and CNTK's in a Python 3.6."""

import json
import os
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.engines.cntk_runtime import Runtime
from app.engines.process import ROOT, EngineProcess, worker_command
from app.engines.protocol import PROTOCOL_VERSION
from app.engines.stages import CNTK_WORKER
from app.errors import EngineError

MODULES = {
    "quick": ("app.engines.quick_worker", "app.export.run_worker"),
    "torch": ("app.engines.torch_training",),
    "cntk's ends": ("app.engines.cntk_preparation", "app.engines.cntk_output"),
    "model": ("app.export.model_worker",),
    "fake": ("tests.app.engines.fake_worker",),
    "fake cntk": ("tests.app.engines.fake_cntk",),
}
JOBS = {"quick": "split", "torch": "fine_tune", "cntk's ends": "prepare", "model": "check", "cntk": "learn"}


@dataclass(frozen=True)
class Worker:
    name: str
    command: Sequence[str]
    environment: Mapping[str, str]


@pytest.fixture(params=[*MODULES, "cntk"])
def worker(request: pytest.FixtureRequest) -> Worker:
    if request.param != "cntk":
        return Worker(request.param, worker_command(*MODULES[request.param]), {})
    runtime: Runtime = request.getfixturevalue("cntk_runtime")
    return Worker("cntk", [str(runtime.python), str(CNTK_WORKER)], runtime.variables())


@pytest.fixture
def process(worker: Worker) -> Iterator[EngineProcess]:
    with EngineProcess(worker.command, worker.environment) as process:
        yield process


def spoken(worker: Worker, *lines: dict[str, Any]) -> tuple[list[dict[str, Any]], int]:
    """Say these lines to a worker, then nothing more; return what it said, each line of it, and its exit code."""
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    environment = {**os.environ, "PYTHONUTF8": "1", **worker.environment}
    done = subprocess.run(
        worker.command, input=text.encode(), capture_output=True, env=environment, cwd=ROOT, check=False
    )
    return [json.loads(line) for line in done.stdout.decode().splitlines()], done.returncode


def test_it_says_hello_refuses_what_it_does_not_know_and_leaves(worker: Worker) -> None:
    answers, code = spoken(worker, {"kind": "cancel"}, {"kind": "tänze"}, {"kind": "tänze"})
    assert [answer["kind"] for answer in answers] == ["hello", "failed", "failed"]
    hello, failed, _ = answers
    assert list(hello) == ["kind", "engine", "version", "devices", "protocol"]
    assert hello["protocol"] == PROTOCOL_VERSION
    assert "cpu" in hello["devices"]
    assert "“tänze”" in failed["reason"]
    assert set(failed) == {"kind", "reason", "hint", "detail"}
    assert code == 0


def test_a_job_that_goes_wrong_has_one_last_word_and_the_worker_lives(
    worker: Worker, process: EngineProcess, tmp_path: Path
) -> None:
    if worker.name not in JOBS:
        pytest.skip("this worker's jobs need no folder")
    process.start()
    for _ in range(2):
        job = {"kind": JOBS[worker.name], "run": str(tmp_path / "nöwhere"), "bundle": str(tmp_path / "nöwhere")}
        with pytest.raises(EngineError) as caught:
            process.run({**job, "unreadable": []}, lambda event: None, threading.Event())
        assert caught.value.message
        assert caught.value.detail
    assert process.running
