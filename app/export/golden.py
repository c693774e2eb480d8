"""Golden images: a few pictures with the probabilities every copy of the model must give.

The expected values come from the engine's network, run step by step; the check runs the joined model. Imports
onnx and onnxruntime: for worker processes and tests.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnx
from numpy.typing import NDArray

from app.dataset.decode import UnreadableImage, decode_image, read_image
from app.dataset.preprocess import preprocess_graph
from app.errors import BundleError
from app.export.bundle import EXPECTED_FILE, GOLDEN_FOLDER, bundle_root
from app.export.onnx_model import network_side
from app.export.predictor import Predictor
from app.files import write_bytes, write_json
from app.onnx_sessions import open_session

GOLDEN_IMAGES = 8
LONGEST_SIDE = 512
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


def write_golden(bundle: Path, network: onnx.ModelProto, temperature: float, candidates: Sequence[Path]) -> None:
    """Store up to eight of the candidates as PNG, with the probabilities of the engine's network."""
    folder = bundle / GOLDEN_FOLDER
    folder.mkdir()
    preprocess = open_session(preprocess_graph(network_side(network)).SerializeToString())
    session = open_session(network.SerializeToString())
    expected: dict[str, list[float]] = {}
    for path in candidates:
        if len(expected) == GOLDEN_IMAGES:
            break
        try:
            image = _shrunk(read_image(path))
        except UnreadableImage:
            continue
        name = f"{len(expected):03}.png"
        write_bytes(folder / name, cv2.imencode(".png", image[:, :, ::-1])[1].tobytes())
        pixels = preprocess.run(["pixels"], {"image": image[np.newaxis]})[0]
        logits = session.run(["logits"], {"pixels": pixels})[0][0].astype(np.float64) / temperature
        likelihood = np.exp(logits - logits.max())
        expected[name] = (likelihood / likelihood.sum()).tolist()
    write_json(folder / EXPECTED_FILE, expected)


def check_golden(bundle: Path) -> Parity:
    """Run a bundle on its golden images; raises BundleError where they are missing or damaged."""
    folder = bundle_root(bundle) / GOLDEN_FOLDER
    predictor = Predictor(bundle)
    largest = 0.0
    try:
        expected: dict[str, list[float]] = json.loads((folder / EXPECTED_FILE).read_text(encoding="utf-8"))
        for name, probabilities in expected.items():
            answer = predictor.predict_image(decode_image((folder / name).read_bytes()))
            largest = max(largest, float(np.abs(answer - np.array(probabilities)).max()))
    except (OSError, KeyError, ValueError) as error:
        raise BundleError(f"The golden images of “{bundle}” are damaged.", "Export it again.", str(error)) from error
    return Parity(len(expected), largest)


def _shrunk(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    scale = LONGEST_SIDE / max(image.shape[:2])
    if scale >= 1:
        return image
    height, width = (max(1, round(side * scale)) for side in image.shape[:2])
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)  # type: ignore[return-value]
