"""The command that trains: what belongs together, and going on with a run."""

import json
from pathlib import Path

import pytest

from app.cli import build_parser, main
from app.commands.training import training_request
from app.errors import InputError


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
