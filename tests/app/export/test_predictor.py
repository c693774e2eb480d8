"""The one inference path: by file, by image, in any number of threads, from folder and zip."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.dataset.decode import read_image
from app.dataset.preprocess import preprocess_graph
from app.errors import BundleError
from app.evaluation.calibration import softmax
from app.export.bundle import INFO_FILE, MODEL_FILE
from app.export.predictor import Prediction, Predictor, ranked
from app.onnx_sessions import open_session
from tests.conftest import Trained
from tests.hostile.bytes_of import exif_block, with_exif


def test_the_joined_model_equals_its_steps(bundle: Path, trained: Trained) -> None:
    predictor = Predictor(bundle)
    prepare = open_session(preprocess_graph(224).SerializeToString())
    network = open_session(trained.network)
    for path in sorted(trained.images.rglob("*.jpg")):
        image = read_image(path)
        pixels = prepare.run(["pixels"], {"image": image[None]})[0]
        expected = softmax(network.run(["logits"], {"pixels": pixels})[0], predictor.info.temperature)[0]
        np.testing.assert_allclose(predictor.predict_image(image), expected, atol=1e-5)


def test_threads_zip_and_folder_give_the_same(bundle: Path, zipped: Path, photos: list[Path]) -> None:
    answers = [
        [one.probabilities for one in Predictor(bundle, threads).predict_files(photos)]
        for bundle, threads in ((bundle, 1), (bundle, 4), (zipped, 2))
    ]
    np.testing.assert_array_equal(answers[0], answers[1])
    np.testing.assert_array_equal(answers[0], answers[2])


def test_a_batch_answers_like_single_images(bundle: Path, photos: list[Path]) -> None:
    session = open_session(bundle / MODEL_FILE)
    images = np.stack([read_image(path)[:300, :300] for path in photos[:4]])
    together = session.run(["probabilities"], {"image": images})[0]
    for image, answer in zip(images, together, strict=True):
        np.testing.assert_allclose(session.run(["probabilities"], {"image": image[None]})[0][0], answer, atol=1e-5)


def test_an_unreadable_file_keeps_its_place(bundle: Path, tmp_path: Path, photos: list[Path]) -> None:
    (tmp_path / "bad.png").write_bytes(b"no picture")
    first = photos[0]
    good, bad, again = Predictor(bundle).predict_files([first, tmp_path / "bad.png", first])
    assert bad.probabilities is None
    assert bad.problem
    assert bad.ranked(("a",)) == []
    np.testing.assert_array_equal(good.probabilities, again.probabilities)


def test_ranked_puts_the_best_first(bundle: Path, photos: list[Path]) -> None:
    predictor = Predictor(bundle)
    (prediction,) = predictor.predict_files(photos[:1])
    best_first = prediction.ranked(predictor.info.labels)
    assert sorted(one.label for one in best_first) == ["dotted", "leopard", "striped"]
    assert [one.confidence for one in best_first] == sorted((one.confidence for one in best_first), reverse=True)
    assert sum(one.confidence for one in best_first) == pytest.approx(1, abs=1e-5)


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


def test_a_model_that_cannot_be_loaded_is_a_sentence(copy: Path) -> None:
    info = json.loads((copy / INFO_FILE).read_text(encoding="utf-8"))
    for data in (b"", b"this is no model", (copy / MODEL_FILE).read_bytes()[:-100]):
        (copy / MODEL_FILE).write_bytes(data)
        info["model_sha256"] = hashlib.sha256(data).hexdigest()
        (copy / INFO_FILE).write_text(json.dumps(info), encoding="utf-8")
        with pytest.raises(BundleError, match="cannot be loaded") as caught:
            Predictor(copy)
        assert caught.value.detail


def test_equal_probabilities_keep_the_order_of_the_classes() -> None:
    answer = ranked(np.array([0.25, 0.5, 0.25], np.float32), ("a", "b", "c"))
    assert [(one.label, one.confidence) for one in answer] == [("b", 0.5), ("a", 0.25), ("c", 0.25)]
    assert Prediction("x", None, "It is empty.").ranked(("a",)) == []


TURNED = {2: lambda a: a[:, ::-1], 3: lambda a: a[::-1, ::-1], 6: lambda a: np.rot90(a, -1), 8: lambda a: np.rot90(a)}


@pytest.mark.parametrize("orientation", TURNED)
def test_a_turned_photo_gets_the_answer_of_the_upright_one(
    bundle: Path, photos: list[Path], tmp_path: Path, orientation: int
) -> None:
    stored = cv2.imread(str(photos[0]))
    upright = np.ascontiguousarray(TURNED[orientation](stored))
    (tmp_path / "turned.jpg").write_bytes(with_exif(photos[0].read_bytes(), exif_block(orientation)))
    (tmp_path / "upright.png").write_bytes(cv2.imencode(".png", upright)[1].tobytes())
    turned, plain = Predictor(bundle).predict_files([tmp_path / "turned.jpg", tmp_path / "upright.png"])
    np.testing.assert_array_equal(turned.probabilities, plain.probabilities)


def test_many_threads_may_ask_one_predictor(bundle: Path, photos: list[Path]) -> None:
    predictor = Predictor(bundle)
    images = [read_image(path) for path in photos[:4]]
    alone = [predictor.predict_image(image) for image in images]
    with ThreadPoolExecutor(8) as pool:
        for number, answer in enumerate(pool.map(predictor.predict_image, images * 8)):
            np.testing.assert_array_equal(answer, alone[number % 4])


def test_shapes_that_no_camera_takes_are_answered(bundle: Path) -> None:
    predictor = Predictor(bundle)
    for shape in ((1, 1, 3), (1, 700, 3), (2000, 2, 3), (224, 224, 3)):
        answer = predictor.predict_image(np.full(shape, 128, np.uint8))
        assert answer.sum() == pytest.approx(1, abs=1e-5)
