"""Predicting and exporting by a worker of its own."""

import contextlib
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.engines.protocol import Event, Progress
from app.errors import Cancelled, EngineError
from app.export.predictor import Predictor
from app.export.service import ModelService
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


def test_a_copy_that_answers_otherwise_is_not_written(service: ModelService, copy: Path, tmp_path: Path) -> None:
    expected = copy / "golden" / "expected.json"
    answers = json.loads(expected.read_text(encoding="utf-8"))
    expected.write_text(json.dumps({name: one[::-1] for name, one in answers.items()}), encoding="utf-8")
    with pytest.raises(EngineError, match="answers differ from the stored ones"):
        service.export(copy, tmp_path / "out", lambda event: None, threading.Event())
    assert not list((tmp_path / "out").iterdir())


def test_a_damaged_bundle_is_a_sentence_and_the_worker_goes_on(
    service: ModelService, bundle: Path, copy: Path, photos: list[Path]
) -> None:
    (copy / "model.onnx").write_bytes(b"no model")
    with pytest.raises(EngineError, match="damaged or was exchanged"):
        service.predict(copy, photos, lambda event: None, threading.Event())
    assert len(results(service, bundle, photos)) == len(photos)


def test_a_worker_that_died_is_replaced(bundle: Path, photos: list[Path]) -> None:
    service = ModelService()
    assert len(results(service, bundle, photos[:1])) == 1
    assert service._process is not None
    service._process.kill()
    with contextlib.suppress(EngineError):  # whether its end was noticed already is left to chance
        results(service, bundle, photos[:1])
    assert len(results(service, bundle, photos[:2])) == 2
    service.close()
    service.close()
