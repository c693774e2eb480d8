"""Prove that another form of a model gives the bundle's answers, before it counts as written. Imports onnxruntime."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.dataset.decode import read_image
from app.errors import BundleError
from app.export.bundle import CHECK_TOLERANCES, EXPECTED_FILE, GOLDEN_FOLDER
from app.export.predictor import Predictor
from app.files import read_json

# Height and width of drawn pictures: larger and smaller than a network's input, wide, tall, and a single row.
SHAPES = ((1080, 1920), (700, 500), (37, 50), (224, 224), (1, 9))

# Where a resized pixel lies halfway between two levels, runtimes round it either way: by up to 2e-4 of a probability.
DRAWN_TOLERANCE = 2e-3

Image = NDArray[np.uint8]
Ask = Callable[[Image], NDArray[np.float32]]


def prove(bundle: Path, form: str, ask: Ask) -> float:
    """Ask `ask` for probabilities [classes] of images [H, W, 3] and return the largest difference on golden images.

    Asks about some drawn pictures of other sizes, too. Raises BundleError where it is more than runtimes may differ.
    """
    predictor = Predictor(bundle)

    def difference(image: Image) -> float:
        return float(np.abs(ask(image) - predictor.predict_image(image)).max())

    golden = max(difference(image) for image in _golden(bundle))
    others = max(difference(drawn(height, width)) for height, width in SHAPES)
    if not (golden <= CHECK_TOLERANCES[predictor.info.precision] and others <= DRAWN_TOLERANCE):
        raise BundleError(
            f"As {form} the model gives other answers: they differ by up to {max(golden, others):.1e}.",
            "Nothing was written. Please report this, with the log file.",
        )
    return golden


def _golden(bundle: Path) -> Iterator[Image]:
    folder = bundle / GOLDEN_FOLDER
    return (read_image(folder / name) for name in read_json(folder / EXPECTED_FILE))


def drawn(height: int, width: int) -> Image:
    """Draw soft waves of every colour, crossed by hard lines, which show how a picture is resized."""
    rows, columns = np.mgrid[:height, :width].astype(np.float64)
    waves = [np.sin(rows / 7 + turn) + np.cos(columns / 11 - turn) for turn in range(3)]
    picture = np.stack(waves, axis=2) * 63 + 127
    picture[(rows % 16 < 2) | (columns % 23 < 2)] = (255, 40, 0)
    return picture.round().astype(np.uint8)
