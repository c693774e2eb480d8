"""Golden images: a few pictures with the probabilities every copy of the model must give.

The expected values come from the engine's network, run step by step; the check runs the joined model. Imports
onnx and onnxruntime: for worker processes and tests.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import onnx
from numpy.typing import NDArray

from app.dataset.decode import UnreadableImage, decode_image, read_image
from app.dataset.preprocess import preprocess_graph
from app.dataset.thumbnails import shrunk
from app.errors import BundleError
from app.evaluation.calibration import softmax
from app.export.bundle import EXPECTED_FILE, GOLDEN_FOLDER, UNREADABLE, bundle_root
from app.export.onnx_model import network_side
from app.export.predictor import Predictor
from app.files import write_bytes, write_json
from app.onnx_sessions import open_session
from app.parallel import map_in_order

GOLDEN_IMAGES = 8
LONGEST_SIDE = 384
TOLERANCE = 1e-5


@dataclass(frozen=True)
class Parity:
    """How far a bundle's answers are from the expected ones."""

    images: int
    largest_difference: float

    @property
    def agrees(self) -> bool:
        """Tell whether every probability is within the tolerance."""
        return self.largest_difference <= TOLERANCE


def write_golden(
    bundle: Path,
    network: onnx.ModelProto,
    temperature: float,
    candidates: Iterable[Path],
    preprocess: onnx.ModelProto | None = None,
) -> None:
    """Store up to eight of the candidates as PNG, with the probabilities of the engine's network."""
    folder = bundle / GOLDEN_FOLDER
    folder.mkdir()
    images = list(islice(_readable(candidates), GOLDEN_IMAGES))
    names = [f"{number:03}.png" for number in range(len(images))]
    for name, image in zip(names, images, strict=True):
        write_bytes(folder / name, cv2.imencode(".png", image[:, :, ::-1])[1].tobytes())
    preparation = open_session((preprocess or preprocess_graph(network_side(network))).SerializeToString())
    session = open_session(network.SerializeToString())

    def probabilities(image: NDArray[np.uint8]) -> list[float]:
        pixels = preparation.run(["pixels"], {"image": image[np.newaxis]})[0]
        answer: list[float] = softmax(session.run(["logits"], {"pixels": pixels})[0], temperature)[0].tolist()
        return answer

    write_json(folder / EXPECTED_FILE, dict(zip(names, map_in_order(probabilities, images), strict=True)))


def check_golden(bundle: Path) -> Parity:
    """Run a bundle on its golden images; raises BundleError where they are missing or damaged."""
    folder = bundle_root(bundle) / GOLDEN_FOLDER
    predictor = Predictor(bundle)
    try:
        values: dict[str, list[float]] = json.loads((folder / EXPECTED_FILE).read_text(encoding="utf-8"))
        expected = np.array(list(values.values()), np.float64).reshape(len(values), len(predictor.info.labels))
        images = [decode_image((folder / name).read_bytes()) for name in values]
    except (AttributeError, TypeError, ValueError, UnreadableImage, *UNREADABLE) as error:
        raise BundleError(f"The golden images of “{bundle}” are damaged.", "Export it again.", str(error)) from error
    if not images:
        raise BundleError(f"The bundle “{bundle}” has no golden images to check it by.", "Export it again.")
    answers = np.stack(list(map_in_order(predictor.predict_image, images)))
    return Parity(len(images), float(np.abs(answers - expected).max()))


def _readable(paths: Iterable[Path]) -> Iterator[NDArray[np.uint8]]:
    for path in paths:
        try:
            yield shrunk(read_image(path), LONGEST_SIDE)
        except UnreadableImage:
            continue
