"""Predicting and exporting by a worker of its own."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.engines.protocol import Event, Progress
from app.errors import BundleError, Cancelled
from app.export.predictor import Predictor
from app.export.service import ModelService, copy_bundle
from app.export.table import write_table
from tests.conftest import Trained


@pytest.fixture(scope="module")
def service() -> Iterator[ModelService]:
    service = ModelService()
    yield service
    service.close()


def results(service: ModelService, bundle: Path, paths: list[Path]) -> list[dict[str, object]]:
    heard: list[dict[str, object]] = []

    def collect(event: Event) -> None:
        assert isinstance(event, Progress)
        heard.extend(event.values["results"])

    service.predict(bundle, paths, collect, threading.Event())
    return heard


def test_every_file_is_answered_once_and_in_order(service: ModelService, trained: Trained, tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"")
    paths = [*sorted(trained.images.rglob("*.jpg")), tmp_path / "bad.png"]
    heard = results(service, trained.result.bundle, paths)
    assert [one["path"] for one in heard] == [str(path) for path in paths]
    assert [one["problem"] is None for one in heard] == [True] * (len(paths) - 1) + [False]
    predictor = Predictor(trained.result.bundle)
    for one, prediction in zip(heard, predictor.predict_files(paths), strict=True):
        expected = [(each.label, each.confidence) for each in prediction.ranked(predictor.info.labels)]
        assert isinstance(one["predictions"], list)
        assert [each["label"] for each in one["predictions"]] == [label for label, _ in expected]
        assert [each["confidence"] for each in one["predictions"]] == pytest.approx([share for _, share in expected])


def test_predicting_is_cancelled(service: ModelService, trained: Trained) -> None:
    cancel = threading.Event()
    paths = sorted(trained.images.rglob("*.jpg")) * 20
    with pytest.raises(Cancelled):
        service.predict(trained.result.bundle, paths, lambda event: cancel.set(), cancel)
    assert len(results(service, trained.result.bundle, paths[:3])) == 3


def test_an_export_is_checked_and_never_overwrites(service: ModelService, bundle: Path, tmp_path: Path) -> None:
    places = [service.export(bundle, tmp_path / "out", lambda event: None, threading.Event()) for _ in range(2)]
    assert [Path(place["bundle"]).name for place in places] == ["Garments", "Garments-2"]
    assert all(place["agrees"] and place["images"] == 8 for place in places)


def test_an_export_to_a_file_is_a_sentence(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("here already")
    with pytest.raises(BundleError, match="could not be written"):
        copy_bundle(bundle, tmp_path / "file")


def test_a_table_has_a_column_per_class(tmp_path: Path) -> None:
    write_table(
        tmp_path / "t.csv",
        [
            {
                "path": "a, b.png",
                "predictions": [{"label": "x", "confidence": 0.75}, {"label": "y", "confidence": 0.25}],
            },
            {"path": "c.png", "predictions": [], "problem": "It is empty."},
        ],
        ("y", "x"),
    )
    assert (tmp_path / "t.csv").read_text(encoding="utf-8").splitlines() == [
        "path,label,confidence,y,x,problem",
        '"a, b.png",x,0.75,0.25,0.75,',
        "c.png,,,,,It is empty.",
    ]
