"""A converted CNTK model is a bundle like any other, fed as the model was."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

from app.dataset.fitting import Fit, fit_graph
from app.engines.cntk_to_onnx import PixelForm
from app.errors import InputError
from app.evaluation.calibration import softmax
from app.export.bundle import read_bundle_info
from app.export.cntk_bundle import Conversion, convert_cntk, read_labels
from app.export.predictor import Predictor
from app.onnx_sessions import open_session


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    path = tmp_path / "labels.txt"
    path.write_text("\ufeffdotted\r\nstriped\r\nleopard ünd co\r\nplain\r\n\r\n", encoding="utf-8")
    return path


def test_the_bundle_gives_cntks_own_answers(stored_models: Path, labels: Path, tmp_path: Path) -> None:
    """The stored pictures have the network's size, so that nothing is resized on their way."""
    conversion = Conversion(stored_models / "residual.model", labels, pixels=PixelForm(colour="rgb"), fit="stretch")
    converted = convert_cntk(conversion, tmp_path / "bundles")
    assert converted.parity.agrees
    assert converted.parity.images == 8
    predictor = Predictor(converted.bundle)
    with np.load(stored_models / "residual.npz") as stored:
        expected = softmax(stored["answers"].astype(np.float64), 1.0)
        images = stored["images"].transpose(0, 2, 3, 1)
    answers = np.stack([predictor.predict_image(np.ascontiguousarray(image)) for image in images])
    assert np.abs(answers - expected).max() <= 1e-4
    assert answers.argmax(1).tolist() == expected.argmax(1).tolist()


def test_every_part_of_the_feeding_reaches_the_network(stored_models: Path, labels: Path, tmp_path: Path) -> None:
    image: NDArray[np.uint8] = np.random.default_rng(3).integers(0, 256, (50, 80, 3), np.uint8)

    def answer(name: str, **changes: object) -> NDArray[np.float32]:
        conversion = Conversion(stored_models / "residual.model", labels, name=name, **changes)  # type: ignore[arg-type]
        return Predictor(convert_cntk(conversion, tmp_path / "bundles").bundle).predict_image(image)

    tutorial = answer("tutorial")
    others = [
        answer("crop", fit="crop"),
        answer("stretch", fit="stretch"),
        answer("white", fill=255),
        answer("rgb", pixels=PixelForm(colour="rgb")),
        answer("twice", pixels=PixelForm(subtract=114)),
        answer("small", pixels=PixelForm(scale=1 / 256)),
    ]
    assert all(np.abs(other - tutorial).max() > 1e-4 for other in others)
    bgr = np.ascontiguousarray(image[:, :, ::-1])
    pixels = open_session(fit_graph(Fit(22, 19)).SerializeToString()).run(["pixels"], {"image": bgr[None]})[0]
    plain = Conversion(stored_models / "residual.model", labels, name="plain", pixels=PixelForm("rgb"))
    predictor = Predictor(convert_cntk(plain, tmp_path / "bundles").bundle)
    assert np.abs(predictor.predict_image(pixels[0]) - tutorial).max() < 1e-6


def test_it_says_where_it_comes_from(stored_models: Path, labels: Path, tmp_path: Path) -> None:
    converted = convert_cntk(Conversion(stored_models / "residual.model", labels, name="Old shop"), tmp_path)
    info = read_bundle_info(converted.bundle)
    assert converted.bundle.name == "Old shop"
    assert info.labels == ("dotted", "striped", "leopard ünd co", "plain")
    assert info.engine == "cntk"
    assert "“residual.model”" in info.source
    card = (converted.bundle / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert info.source in card
    assert "Apache" not in card
    assert "not calibrated" in card
    metadata = {one.key: one.value for one in onnx.load(converted.bundle / "model.onnx").metadata_props}
    assert metadata["source"] == info.source


def test_an_older_bundle_is_never_overwritten(stored_models: Path, labels: Path, tmp_path: Path) -> None:
    conversion = Conversion(stored_models / "residual.model", labels)
    assert convert_cntk(conversion, tmp_path / "to").bundle.name == "residual"
    assert convert_cntk(conversion, tmp_path / "to").bundle.name == "residual-2"


def test_golden_images_may_be_the_users_own(stored_models: Path, labels: Path, garments: Path, tmp_path: Path) -> None:
    conversion = Conversion(stored_models / "residual.model", labels, images=garments)
    assert convert_cntk(conversion, tmp_path / "to").parity.agrees
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(InputError, match="no images"):
        convert_cntk(Conversion(stored_models / "residual.model", labels, images=empty), tmp_path / "to")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"a\nb\nc\n", "has 3 labels, but the model has 4 classes"),
        (b"a\nb\nc\nd\ne\n", "has 5 labels, but the model has 4 classes"),
        (b"", "has 0 labels"),
        (b"a\n\nb\nc\n", "Line 2 of “labels.txt” is empty"),
        (b"a\nb\na\nc\n", "the label “a” twice"),
        (b"a\nb\n\xff\xfe\nc\n", "no text in UTF-8"),
    ],
)
def test_labels_that_do_not_fit(tmp_path: Path, text: bytes, problem: str) -> None:
    path = tmp_path / "labels.txt"
    path.write_bytes(text)
    with pytest.raises(InputError, match=problem):
        read_labels(path, 4)


def test_a_missing_label_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_labels(tmp_path / "none.txt", 4)
