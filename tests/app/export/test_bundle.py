"""Bundles: found, read, checked, and refused when they are not what they say."""

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import onnx
import pytest

from app.dataset.decode import read_image
from app.dataset.preprocess import preprocess_graph
from app.engines.snapshot import TEST, read_snapshot, read_split
from app.errors import BundleError
from app.evaluation.calibration import softmax
from app.export.bundle import INFO_FILE, MODEL_FILE, find_bundle, read_bundle_info
from app.export.golden import check_golden
from app.export.predictor import Predictor
from app.export.scoring import score_images
from app.features.backbones import BACKBONES
from app.features.cache import FeatureCache
from app.onnx_sessions import open_session
from tests.conftest import Trained

PATHS = 12


@pytest.fixture
def copy(bundle: Path, tmp_path: Path) -> Path:
    """Copy the bundle, so that a test may damage it."""
    return Path(shutil.copytree(bundle, tmp_path / "copy"))


@pytest.fixture
def zipped(bundle: Path, tmp_path: Path) -> Path:
    """Zip the bundle with its folder, as most programs do."""
    path = tmp_path / "model.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in bundle.rglob("*"):
            archive.write(file, Path("my model") / file.relative_to(bundle))
    return path


def paths(trained: Trained) -> list[Path]:
    return sorted(trained.images.rglob("*.jpg"))[::3][:PATHS]


def test_its_description_is_complete(trained: Trained) -> None:
    info = read_bundle_info(trained.result.bundle)
    assert info.labels == ("dotted", "leopard", "striped")
    assert (info.engine, info.backbone) == ("quick", "efficientnet-lite0")
    assert info.training_images + info.test_images == 42
    assert trained.result.evaluation is not None
    assert (info.accuracy, info.interval) == (trained.result.evaluation.accuracy, trained.result.evaluation.interval)
    card = (trained.result.bundle / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "dotted, leopard, striped" in card
    assert "95% interval" in card


def test_the_model_carries_its_labels(bundle: Path) -> None:
    model = onnx.load(bundle / MODEL_FILE)
    metadata = {one.key: one.value for one in model.metadata_props}
    assert json.loads(metadata["labels"]) == ["dotted", "leopard", "striped"]
    assert [one.name for one in model.graph.input] == ["image"]
    assert [one.name for one in model.graph.output] == ["probabilities", "features"]
    assert {node.domain for node in model.graph.node} == {""}


def test_the_joined_model_equals_its_steps(trained: Trained) -> None:
    folder = trained.result.bundle.parent
    predictor = Predictor(trained.result.bundle)
    prepare = open_session(preprocess_graph(224).SerializeToString())
    network = open_session(folder / "network.onnx")
    for path in paths(trained):
        image = read_image(path)
        pixels = prepare.run(["pixels"], {"image": image[None]})[0]
        expected = softmax(network.run(["logits"], {"pixels": pixels})[0], predictor.info.temperature)[0]
        np.testing.assert_allclose(predictor.predict_image(image), expected, atol=1e-5)


def test_threads_zip_and_folder_give_the_same(trained: Trained, zipped: Path) -> None:
    answers = [
        [one.probabilities for one in Predictor(bundle, threads).predict_files(paths(trained))]
        for bundle, threads in ((trained.result.bundle, 1), (trained.result.bundle, 4), (zipped, 2))
    ]
    np.testing.assert_array_equal(answers[0], answers[1])
    np.testing.assert_array_equal(answers[0], answers[2])


def test_a_batch_answers_like_single_images(trained: Trained) -> None:
    session = open_session(trained.result.bundle / MODEL_FILE)
    images = np.stack([read_image(path)[:300, :300] for path in paths(trained)[:4]])
    together = session.run(["probabilities"], {"image": images})[0]
    for image, answer in zip(images, together, strict=True):
        np.testing.assert_allclose(session.run(["probabilities"], {"image": image[None]})[0][0], answer, atol=1e-5)


def test_an_unreadable_file_keeps_its_place(trained: Trained, tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"no picture")
    first = paths(trained)[0]
    good, bad, again = Predictor(trained.result.bundle).predict_files([first, tmp_path / "bad.png", first])
    assert bad.probabilities is None
    assert bad.problem
    assert bad.ranked(("a",)) == []
    np.testing.assert_array_equal(good.probabilities, again.probabilities)


def test_ranked_puts_the_best_first(trained: Trained) -> None:
    predictor = Predictor(trained.result.bundle)
    (prediction,) = predictor.predict_files(paths(trained)[:1])
    ranked = prediction.ranked(predictor.info.labels)
    assert sorted(one.label for one in ranked) == ["dotted", "leopard", "striped"]
    assert [one.confidence for one in ranked] == sorted((one.confidence for one in ranked), reverse=True)
    assert sum(one.confidence for one in ranked) == pytest.approx(1, abs=1e-5)


def test_a_model_is_found_in_a_project_a_run_and_a_bundle(trained: Trained, zipped: Path) -> None:
    assert find_bundle(trained.project) == trained.result.bundle
    assert find_bundle(trained.result.bundle.parent) == trained.result.bundle
    assert find_bundle(trained.result.bundle) == trained.result.bundle
    assert find_bundle(zipped) == zipped


def test_what_is_no_bundle_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "text.zip").write_text("no zip")
    for path, words in ((tmp_path / "nowhere", "There is no model"), (tmp_path, "not a model bundle")):
        with pytest.raises(BundleError, match=words):
            find_bundle(path)
    with pytest.raises(BundleError, match="not a model bundle"):
        find_bundle(tmp_path / "text.zip")


def test_a_newer_format_is_a_sentence(copy: Path) -> None:
    values = json.loads((copy / INFO_FILE).read_text(encoding="utf-8"))
    (copy / INFO_FILE).write_text(json.dumps(values | {"format": 99}), encoding="utf-8")
    with pytest.raises(BundleError, match="newer Sightline"):
        Predictor(copy)


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"format": 1}', '{"format": "x"}'])
def test_a_damaged_description_is_a_sentence(copy: Path, text: str) -> None:
    (copy / INFO_FILE).write_text(text, encoding="utf-8")
    with pytest.raises(BundleError, match="damaged"):
        Predictor(copy)


def test_an_exchanged_model_is_refused(copy: Path) -> None:
    data = bytearray((copy / MODEL_FILE).read_bytes())
    data[-1000] ^= 1
    (copy / MODEL_FILE).write_bytes(bytes(data))
    with pytest.raises(BundleError, match="damaged or was exchanged"):
        Predictor(copy)


def test_a_missing_model_is_a_sentence(copy: Path) -> None:
    (copy / MODEL_FILE).unlink()
    with pytest.raises(BundleError, match="has no model.onnx"):
        Predictor(copy)


def test_golden_images_agree(bundle: Path, zipped: Path) -> None:
    for one in (bundle, zipped):
        parity = check_golden(one)
        assert parity.agrees
        assert parity.images == 8
        assert parity.largest_difference < 1e-5


def test_other_golden_answers_do_not_agree(copy: Path) -> None:
    path = copy / "golden" / "expected.json"
    expected = json.loads(path.read_text(encoding="utf-8"))
    expected["000.png"] = expected["000.png"][::-1]
    path.write_text(json.dumps(expected), encoding="utf-8")
    assert not check_golden(copy).agrees


def test_missing_golden_images_are_a_sentence(copy: Path) -> None:
    (copy / "golden" / "003.png").unlink()
    with pytest.raises(BundleError, match="golden images"):
        check_golden(copy)


def test_its_own_check_agrees_and_notices_a_change(copy: Path) -> None:
    def check() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(copy / "check.py")], capture_output=True, text=True, check=False, encoding="utf-8"
        )

    done = check()
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].endswith("agrees")
    other = np.zeros((50, 50, 3), np.uint8)
    import cv2

    (copy / "golden" / "000.png").write_bytes(cv2.imencode(".png", other)[1].tobytes())
    done = check()
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1].endswith("DIFFERS")


def test_scoring_from_cached_features_equals_the_whole_way(trained: Trained) -> None:
    folder = trained.result.bundle.parent
    snapshot = read_snapshot(folder)
    images = [snapshot.images[position] for position in read_split(folder).positions(TEST)]
    backbone = BACKBONES[snapshot.backbone]
    cache = FeatureCache(Path(snapshot.cache), backbone.id, backbone.features)
    cached = score_images(trained.result.bundle, images, cache, lambda done, total: None)
    whole = score_images(trained.result.bundle, images, None, lambda done, total: None)
    np.testing.assert_allclose(cached.probabilities, whole.probabilities, atol=1e-5)
    assert cached.positions == whole.positions == tuple(range(len(images)))


def test_scoring_does_not_believe_a_cache_that_lies(trained: Trained, tmp_path: Path) -> None:
    folder = trained.result.bundle.parent
    snapshot = read_snapshot(folder)
    images = [snapshot.images[position] for position in read_split(folder).positions(TEST)]
    backbone = BACKBONES[snapshot.backbone]
    lying = FeatureCache(tmp_path, backbone.id, backbone.features)
    rng = np.random.default_rng(0)
    lying.append([image.digest for image in images], rng.random((len(images), 1280), np.float32), [0] * len(images))
    scores = score_images(trained.result.bundle, images, lying, lambda done, total: None)
    whole = score_images(trained.result.bundle, images, None, lambda done, total: None)
    np.testing.assert_array_equal(scores.probabilities, whole.probabilities)
