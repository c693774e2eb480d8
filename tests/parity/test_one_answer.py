"""Five hundred pictures get one answer, however the model is asked."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import pytest

from app.evaluation.rule import Rule
from app.export.bundle import read_bundle_info
from app.export.exporters import BUNDLE
from app.export.exporting import export
from app.export.predictor import Predictor
from app.export.ruling import set_rule
from tests.parity import rest
from tests.parity.pictures import COUNT, write_pictures
from tests.parity.ways import (
    Answers,
    Rows,
    from_check,
    from_command,
    from_file,
    from_node,
    from_tab,
    from_table,
)

SAME = 1e-5
SAME_ACROSS_RUNTIMES = 1e-4
CLEAR = 1e-3  # between the two best; closer ones may change places by a difference that is allowed
pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Asked:
    """A bundle, pictures, and what the one inference path says of them."""

    bundle: Path
    folder: Path
    paths: list[Path]
    labels: tuple[str, ...]
    answers: Answers
    verdicts: list[str | None]


@pytest.fixture(scope="module")
def asked(bundle: Path, garments: Path, tmp_path_factory: pytest.TempPathFactory) -> Asked:
    """Export a bundle with a rule that rejects about half, and ask the library itself."""
    folder = tmp_path_factory.mktemp("parity")
    paths = write_pictures(folder / "pictures", garments)
    copy = Path(shutil.copytree(bundle, folder / "strict"))
    said = [one for one in Predictor(copy).predict_files(paths) if one.probabilities is not None]
    assert len(said) == len(paths) == COUNT
    sure = sorted(float(one.probabilities.max()) for one in said if one.probabilities is not None)
    novel = sorted(one.novelty for one in said if one.novelty is not None)
    labels = read_bundle_info(copy).labels
    set_rule(copy, Rule((sure[COUNT // 4],) * len(labels), novel[COUNT * 3 // 4], "to reject about half"))
    exported = Path(export(copy, folder / "exported", BUNDLE)["bundle"])
    predictions = list(Predictor(exported).predict_files(paths))
    answers = np.array([one.probabilities for one in predictions], np.float64)
    verdicts = [one.verdict for one in predictions]
    assert set(verdicts) == {"accepted", "unsure", "unknown"}
    return Asked(exported, folder / "pictures", paths, labels, answers, verdicts)


@pytest.fixture(scope="module")
def server(asked: Asked) -> Iterator[httpx.Client]:
    with rest.serving(asked.bundle) as client:
        yield client


def check(asked: Asked, answers: Answers, within: float = SAME) -> None:
    """Fail where an answer differs."""
    assert answers.shape == asked.answers.shape
    worst = np.abs(answers - asked.answers).max(axis=1)
    assert worst.max() <= within, asked.paths[int(worst.argmax())].name
    ordered = np.sort(asked.answers, axis=1)
    clear = ordered[:, -1] - ordered[:, -2] > CLEAR
    same = answers.argmax(axis=1) == asked.answers.argmax(axis=1)
    assert same[clear].all()
    assert clear.sum() > COUNT // 2


def check_rows(asked: Asked, rows: Rows) -> None:
    """Fail where a result differs, in a probability, the verdict or the path."""
    by_path = {Path(row["path"]).name: row for row in rows}
    assert len(by_path) == len(rows) == COUNT
    ordered = [by_path[path.name] for path in asked.paths]
    scores = [{one["label"]: one["confidence"] for one in row["predictions"]} for row in ordered]
    check(asked, np.array([[one[label] for label in asked.labels] for one in scores]))
    assert [row["verdict"] for row in ordered] == asked.verdicts


def test_the_predict_tab(asked: Asked) -> None:
    check_rows(asked, from_tab(asked.bundle, asked.folder))


def test_the_command_and_its_table(asked: Asked, tmp_path: Path) -> None:
    check_rows(asked, from_command(asked.bundle, asked.folder, tmp_path / "t.csv"))
    rows = from_table(tmp_path / "t.csv")
    check(asked, np.array([[float(row[label]) for label in asked.labels] for row in rows]))
    assert [row["verdict"] for row in rows] == asked.verdicts
    assert [Path(row["path"]) for row in rows] == asked.paths


@pytest.mark.parametrize("threads", [1, 3])
def test_onnx_runtime_alone(asked: Asked, threads: int) -> None:
    check(asked, from_file(asked.bundle, asked.paths, threads))


@pytest.mark.parametrize("form", rest.FORMS)
def test_the_server(asked: Asked, server: httpx.Client, form: str) -> None:
    name = read_bundle_info(asked.bundle).name
    said = rest.ask(server, form, name, asked.paths)
    keys = [str(at) for at in range(len(asked.labels))] if form.startswith("v2") else asked.labels
    check(asked, np.array([[one[key] for key in keys] for one in said]))


def test_its_own_check_in_an_empty_environment(asked: Asked, tmp_path: Path) -> None:
    rows = from_check(asked.bundle, asked.paths, tmp_path / "empty")
    check(asked, np.array([row["probabilities"] for row in rows]))
    assert [row["verdict"] for row in rows] == asked.verdicts


@pytest.mark.skipif(shutil.which("npm") is None, reason="Node and npm are not installed")
def test_javascript(asked: Asked, tmp_path: Path) -> None:
    check(asked, from_node(asked.bundle, asked.paths, tmp_path / "node"), SAME_ACROSS_RUNTIMES)
