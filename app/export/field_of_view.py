"""Which part of an image a bundle's network sees, told by the nodes that prepare its pixels. Imports onnx."""

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, helper

from app.dataset.preprocess import IMAGE
from app.onnx_sessions import open_session

Image = NDArray[np.uint8]
Box = tuple[float, float, float, float]
Pair = NDArray[np.floating]

WHOLE: Box = (0.0, 0.0, 1.0, 1.0)
SQUARE = "pre_square"  # made where the middle is cut out by Sightline's own preprocessing,
MIDDLE = ("fit_before", "fit_end")  # by that of a converted model,
LETTERBOX = ("fit_before", "fit_size", "fit_behind")  # and where the whole picture gets a border


class FieldOfView:
    """Tells the box that a model sees: left, top, width and height as shares of the image's width and height.

    The border of a letterbox lies outside the image, and so does some of its box.
    """

    def __init__(self, model: ModelProto):
        made = {name for node in model.graph.node for name in node.output}
        self._square = SQUARE in made
        self._names = next((names for names in (LETTERBOX, MIDDLE) if made.issuperset(names)), ())
        if self._names:
            self._session = open_session(_numbers_of(model, self._names).SerializeToString())

    def box(self, image: Image) -> Box:
        """Return the box for an RGB image [H, W, 3]."""
        height, width = image.shape[:2]
        if self._square:
            side = min(height, width)
            return (width - side) // 2 / width, (height - side) // 2 / height, side / width, side / height
        if not self._names:
            return WHOLE
        numbers = self._session.run(list(self._names), {IMAGE: image[np.newaxis]})
        if self._names == MIDDLE:
            before, end = numbers
            return _box(before / [height, width], (end - before) / [height, width])
        before, size, behind = numbers
        return _box(-before / size, (before + size + behind) / size)


def _box(start: Pair, length: Pair) -> Box:
    return float(start[1]), float(start[0]), float(length[1]), float(length[0])


def _numbers_of(model: ModelProto, names: tuple[str, ...]) -> ModelProto:
    changed = ModelProto()
    changed.CopyFrom(model)
    del changed.graph.output[:]
    changed.graph.output.extend(helper.make_tensor_value_info(name, TensorProto.INT64, None) for name in names)
    return changed
