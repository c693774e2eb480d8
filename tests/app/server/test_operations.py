"""Readiness, a newer model, figures and the access log."""

import logging
import shutil
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from app.export.predictor import Answer
from app.server.bundle_model import BundleModel
from app.server.models import ModelHolder
from app.server.newest import Newest
from app.server.worker import take_newer
from tests.app.server.serving import GREEN, RED, ColourModel, serving


class OtherModel(ColourModel):
    """Finds everything blue."""

    def answer(self, image: NDArray[np.uint8], features: bool = False) -> Answer:
        """Return blue."""
        return Answer(np.array([1, 0, 0], np.float32), 0.0, "accepted")


def test_it_is_not_ready_until_a_model_is_loaded() -> None:
    models = ModelHolder()
    with serving(models) as served:
        assert served.client.get("/health").status_code == 200
        for path in ("/ready", "/v2/health/ready", "/ping", "/info"):
            reply = served.client.get(path)
            assert reply.status_code == 503
            assert int(reply.headers["retry-after"]) > 0
        assert served.client.post("/predict", content=RED).status_code == 503
        assert served.client.get("/metrics").status_code == 200
        models.put(ColourModel())
        assert served.client.get("/ready").raise_for_status().json() == {"status": "ready"}
        assert served.client.post("/predict", content=RED).status_code == 200


def test_a_newer_model_answers_from_then_on() -> None:
    models = ModelHolder(ColourModel())
    with serving(models) as served:
        assert served.client.post("/predict", content=RED).json()["predictions"][0]["label"] == "red"
        models.put(OtherModel())
        assert served.client.post("/predict", content=RED).json()["predictions"][0]["label"] == "blue"
        assert served.client.get("/info").json()["model_version"] == 2
        assert served.client.get("/v2/models/colours/versions/1").status_code == 404
        assert served.client.get("/v2/models/colours").json()["versions"] == ["2"]


def test_a_bundle_written_anew_is_taken(bundle: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(bundle, tmp_path / "copy"))
    newest = Newest(copy, copy)
    models = ModelHolder(BundleModel(copy))
    assert not take_newer(models, newest)
    whole = (copy / "model.onnx").read_bytes()
    (copy / "model.onnx").write_bytes(whole[:1000])  # half of it is there
    assert not take_newer(models, newest)
    assert models.current().version == 1
    (copy / "model.onnx").write_bytes(whole)
    assert take_newer(models, newest)
    assert models.current().version == 2
    assert not take_newer(models, newest)


def test_the_next_run_of_a_project_is_taken(tmp_path: Path, bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = Path(shutil.copytree(bundle.parents[2], tmp_path / "project"))
    first = project / "runs" / bundle.parent.name / "bundle"
    newest = Newest(project, first)
    assert newest.look() is None
    shutil.copytree(first.parent, project / "runs" / "9")
    assert newest.look() is not None
    assert newest.look() is None


def test_figures_for_prometheus() -> None:
    with serving(ColourModel()) as served:
        served.client.post("/predict", files=[("a", RED), ("b", RED), ("c", GREEN)])
        served.client.post("/predict", content=b"no image")
        served.client.get("/what/a/stranger/asks")
        reply = served.client.get("/metrics").raise_for_status()
    assert reply.headers["content-type"].startswith("text/plain; version=")
    lines = reply.text.splitlines()
    for line in (
        'sightline_requests_total{route="/predict",status="200"} 1.0',
        'sightline_requests_total{route="/predict",status="422"} 1.0',
        'sightline_requests_total{route="other",status="404"} 1.0',
        'sightline_request_seconds_count{route="/predict"} 2.0',
        'sightline_predictions_total{label="red"} 2.0',
        'sightline_predictions_total{label="green"} 1.0',
        "sightline_images_per_request_sum 4.0",
        "sightline_waiting_images 0.0",
        'sightline_model{engine="quick",name="colours",version="1"} 1.0',
    ):
        assert line in lines
    assert "stranger" not in reply.text


def test_every_request_is_logged_with_its_time(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "app.server"), serving(ColourModel()) as served:
        served.client.get("/info?x=1")
        served.client.post("/predict", content=b"no image")
    first, second = [record.message for record in caplog.records if record.name == "app.server.metrics"]
    assert first.startswith('127.0.0.1 "GET /info?x=1 HTTP/1.1" 200 ')
    assert second.startswith('127.0.0.1 "POST /predict HTTP/1.1" 422 ')
    assert first.endswith(" ms")
