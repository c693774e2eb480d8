"""The command that trains: what belongs together, and going on with a run."""

import json
import os
import shlex
import threading
from contextlib import nullcontext
from pathlib import Path

import pytest

from app.cli import build_parser, main
from app.commands import training
from app.commands.training import training_request
from app.engines.process import EngineProcess
from app.engines.protocol import OnEvent
from app.engines.snapshot import SPEC_FILE
from app.errors import Cancelled, InputError
from app.project.project import Project
from app.training import RunResult, TrainingRequest


def request_of(*arguments: str) -> object:
    return training_request(build_parser().parse_args(["train", "photos", *arguments]))


def test_a_preset_names_its_engine() -> None:
    request = training_request(build_parser().parse_args(["train", "photos", "--preset", "best", "--set", "epochs=2"]))
    assert (request.engine, request.preset, request.settings) == ("torch", "best", {"epochs": 2})
    assert training_request(build_parser().parse_args(["train", "photos"])).engine == "quick"
    request = training_request(build_parser().parse_args(["train", "photos", "--mode", "dnn"]))
    assert (request.engine, request.settings) == ("cntk", {"mode": "dnn"})


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--engine", "quick", "--preset", "best"), "not one of the engine “quick”"),
        (("--set", "epochs=2"), "no setting “epochs”"),
        (("--set", "strength=much"), "“Strength” cannot be “much”"),
        (("--preset", "best", "--set", "speed=2"), "no setting “speed”"),
        (("--preset", "best", "--mode", "dnn"), "has no modes"),
    ],
)
def test_what_does_not_belong_together_is_a_sentence(arguments: tuple[str, ...], words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        request_of(*arguments)
    assert caught.value.hint


def stop_run(
    project: Project, request: TrainingRequest, on_event: OnEvent, cancel: threading.Event, worker: EngineProcess | None
) -> RunResult:
    """Begin a run and stop it, with a checkpoint where it is one of fine-tuning."""
    number = project.run_log.start(request.engine)
    (project.run_folder(number) / SPEC_FILE).touch()
    if request.engine == "torch":
        (project.run_folder(number) / "checkpoint.pt").touch()
    project.run_log.cancel(number)
    raise Cancelled


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every run be stopped as soon as it has begun."""
    monkeypatch.setattr(training, "launch_worker", lambda engine: nullcontext())
    monkeypatch.setattr(training, "train_run", stop_run)


def stop(number: int) -> None:
    """Stop going on with a run."""
    raise Cancelled


def typed(line: str) -> list[str]:
    """Take apart the command at the end of a line as a shell does."""
    command = line.partition("can go on: ")[2]
    return [word.strip('"') for word in shlex.split(command, posix=os.name != "nt")]


@pytest.mark.usefixtures("stopped")
def test_a_run_that_was_stopped_says_with_which_command_it_goes_on(
    capsys: pytest.CaptureFixture[str], garments: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["train", str(garments), "--project", str(tmp_path / "my project")]
    assert main([*arguments, "--preset", "balanced"]) == 1
    *_, way, last = capsys.readouterr().err.splitlines()
    assert (typed(way), last) == (["python", "main.py", *arguments, "--resume", "1"], "Stopped.")
    monkeypatch.setattr(training, "resume", lambda project, number, *_: stop(number))
    assert main(typed(way)[2:]) == 1
    assert capsys.readouterr().err.splitlines() == [way, "Stopped."]


@pytest.mark.usefixtures("stopped")
def test_a_new_run_says_that_the_one_before_can_go_on(
    capsys: pytest.CaptureFixture[str], garments: Path, tmp_path: Path
) -> None:
    arguments = ["train", str(garments), "--project", str(tmp_path / "project")]
    assert main(arguments) == 1
    assert "can go on" not in capsys.readouterr().err
    assert main([*arguments, "--preset", "best"]) == 1
    assert "This is a new run." not in capsys.readouterr().err
    assert main(arguments) == 1
    told = [line for line in capsys.readouterr().err.splitlines() if "can go on" in line]
    assert [line.startswith("This is a new run. Run 2 was not finished and can go on: ") for line in told] == [True]
    assert typed(told[0])[-2:] == ["--resume", "2"]


@pytest.mark.slow
def test_fine_tuning_keeps_trains_contract(capsys: pytest.CaptureFixture[str], garments: Path, tmp_path: Path) -> None:
    project = ["--project", str(tmp_path / "p")]
    settings = ["--set", "epochs=1", "--set", "views=1", "--set", "second_network=none"]
    assert main(["train", str(garments), *project, "--engine", "torch", *settings, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (answer["run"], answer["engine"]) == (1, "torch")
    assert (Path(answer["model"]) / "model.onnx").is_file()
    for run, words in ((1, "Run 1 is finished already."), (7, "Run 7 has no checkpoint to go on from.")):
        assert main(["train", str(garments), *project, "--resume", str(run)]) == 1
        assert words in capsys.readouterr().err
