"""Which part of an image speaks for a class: a map from the bundle's own graph, and occlusion to check it by.

The activation map leaves out one cell of the network's last feature map at a time and asks the rest of the graph how
much lower the class's score gets; where two networks answer together, their maps are added. For average pooling and a
linear layer that is exactly the class activation map of Zhou et al., "Learning deep features for discriminative
localization", CVPR 2016; other heads need no other formula.
Imports onnx and onnxruntime: for worker processes and the command line.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper, utils
from onnxruntime import InferenceSession

from app.dataset.preprocess import IMAGE, PIXELS
from app.dataset.thumbnails import shrunk
from app.errors import BundleError
from app.export.bundle import MODEL_FILE, UNREADABLE, bundle_root, read_bundle_info
from app.export.field_of_view import WHOLE, Box, FieldOfView
from app.export.heat_methods import ACTIVATION, OCCLUSION
from app.export.onnx_model import PROBABILITIES
from app.features.outputs import LOGITS
from app.onnx_sessions import open_session
from app.parallel import map_in_order

# What ends the part of a network that still knows places.
POOLS = frozenset({"GlobalAveragePool", "GlobalMaxPool", "ReduceMean", "AveragePool", "MaxPool", "Flatten", "Reshape"})
MOST_MAPS = 4  # of networks side by side; what needs more has no maps, but tokens
OCCLUDED = 8  # patches across and down
PATCH = 2.0  # width of a patch, in their distances
LONGEST_SIDE = 448  # of the picture that is occluded: the network sees no more
SMALLEST = 1e-6
TINY = 1e-12

Image = NDArray[np.uint8]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class HeatMap:
    """How much each place speaks for a class: values [rows, columns], 0 to 1, over `box` of the image.

    `box` is left, top, width and height as shares of the image's width and height; it may reach beyond the image. All
    values are 0 where nothing speaks for the class.
    """

    values: Floats
    box: Box

    def over(self, height: int, width: int) -> Floats:
        """Return the map as large as an image, [height, width], interpolated; 0 outside the box."""
        left, top, wide, high = self.box
        rows, columns = self.values.shape
        large: Floats = _shares(height, top, high, rows) @ self.values @ _shares(width, left, wide, columns).T
        return np.clip(large, 0, 1)


def _shares(size: int, start: float, length: float, cells: int) -> Floats:
    """Return how much each of the cells between start and start + length counts at each of `size` pixels."""
    middles = (np.arange(size) + 0.5) / size
    places = (middles - start) / length * cells - 0.5
    apart = np.abs(np.clip(places, 0, cells - 1)[:, np.newaxis] - np.arange(cells))
    inside = (middles >= start) & (middles < start + length)
    shares: Floats = (np.maximum(1 - apart, 0) * inside[:, np.newaxis]).astype(np.float32)
    return shares


class Explainer:
    """A bundle's model, taken apart at its last feature map; safe to call from many threads at once."""

    def __init__(self, bundle: Path):
        """Raise BundleError where there is no bundle, or it is damaged."""
        self.info = read_bundle_info(bundle)
        try:
            self._model = onnx.load_from_string((bundle_root(bundle) / MODEL_FILE).read_bytes())
        except UNREADABLE as error:
            raise BundleError(f"The bundle “{bundle}” has no {MODEL_FILE}.", "Export it again.", str(error)) from error
        self._whole = open_session(self._model.SerializeToString())
        self._view = FieldOfView(self._model)
        self._parts: _Parts | None = None

    def explain(self, image: Image, label: int, method: str | None = None) -> HeatMap:
        """Return the map of one RGB image [H, W, 3] for a class, by its position among the labels.

        Without a method it is the activation map, or occlusion where the network has no map of features; BundleError is
        raised where such a network's activation map is asked for.
        """
        if method is None:
            method = ACTIVATION if self._has_map(image) else OCCLUSION
        return self._activation(image, label) if method == ACTIVATION else self._occlusion(image, label)

    def _has_map(self, image: Image) -> bool:
        try:
            self._taken_apart(image)
        except BundleError:
            return False
        return True

    def _taken_apart(self, image: Image) -> "_Parts":
        if self._parts is None:
            self._parts = _taken_apart(self._model, image)
        return self._parts

    def _activation(self, image: Image, label: int) -> HeatMap:
        parts = self._taken_apart(image)
        maps = dict(zip(parts.names, parts.places.run(list(parts.names), {IMAGE: image[np.newaxis]}), strict=True))
        losses = [_losses(parts.rest, maps, name, label) for name in maps]
        rows, columns = (max(one.shape[axis] for one in losses) for axis in (0, 1))
        return HeatMap(
            _normalised(np.sum([_spread(one, rows, columns) for one in losses], axis=0)), self._view.box(image)
        )

    def _occlusion(self, image: Image, label: int) -> HeatMap:
        small = shrunk(image, LONGEST_SIDE)
        height, width = small.shape[:2]
        plain = small.mean(axis=(0, 1)).round().astype(np.uint8)
        places = [(row, column) for row in range(OCCLUDED) for column in range(OCCLUDED)]

        def odds(place: tuple[int, int] | None) -> float:
            picture = small.copy()
            if place is not None:
                top, bottom = _patch(place[0], height)
                left, right = _patch(place[1], width)
                picture[top:bottom, left:right] = plain
            probability = self._whole.run([PROBABILITIES], {IMAGE: picture[np.newaxis]})[0][0, label]
            share = float(np.clip(probability, SMALLEST, 1 - SMALLEST))
            return float(np.log(share / (1 - share)))

        before, *after = map_in_order(odds, [None, *places])
        lost = (before - np.array(after, np.float32)).reshape(OCCLUDED, OCCLUDED)
        return HeatMap(_normalised(lost), WHOLE)


def overlaid(image: Image, heat: HeatMap, opacity: float) -> Image:
    """Return an RGB image [H, W, 3] under the map's colours, which are clear where its values are 0."""
    strength = heat.over(*image.shape[:2])
    colours = cv2.applyColorMap((255 * strength).astype(np.uint8), cv2.COLORMAP_INFERNO)[:, :, ::-1]
    weight = (np.clip(opacity, 0, 1) * np.sqrt(strength))[:, :, np.newaxis]
    mixed: Image = (image * (1 - weight) + colours * weight).round().astype(np.uint8)
    return mixed


@dataclass(frozen=True)
class _Parts:
    names: tuple[str, ...]  # of the last feature maps, [N, channels, rows, columns]: one of each network inside
    places: InferenceSession  # image → maps
    rest: InferenceSession  # maps → logits


def _losses(rest: InferenceSession, maps: dict[str, Floats], name: str, label: int) -> Floats:
    """Return how much lower a class's logit is without each cell of a map [rows, columns]."""
    cells = maps[name]
    rows, columns = cells.shape[2:]
    count = rows * columns + 1  # the last one is whole
    given = {other: np.repeat(value, count, axis=0) for other, value in maps.items()}
    for number in range(rows * columns):
        given[name][number, :, number // columns, number % columns] = 0
    scores = rest.run([LOGITS], given)[0][:, label]
    lost: Floats = (scores[-1] - scores[:-1]).reshape(rows, columns)
    return lost


def _spread(losses: Floats, rows: int, columns: int) -> Floats:
    """Return the same losses over smaller cells, interpolated."""
    larger = cv2.resize(losses, (columns, rows), interpolation=cv2.INTER_LINEAR) * (losses.size / (rows * columns))
    return np.asarray(larger, np.float32)


def _taken_apart(model: ModelProto, image: Image) -> _Parts:
    """Cut a model at its last feature maps; raises BundleError where it has none."""
    candidates, _ = _behind_logits(model)
    probe = _with_outputs(model, candidates)
    values = open_session(probe.SerializeToString()).run(candidates, {IMAGE: image[np.newaxis]}) if candidates else []
    shapes = {
        name: value.shape
        for name, value in zip(candidates, values, strict=True)
        if value.ndim == 4 and min(value.shape[2:]) > 1
    }
    chosen: list[str] = []
    for _ in range(MOST_MAPS):
        found, seeing = _behind_logits(model, chosen)
        if not seeing:
            break
        chosen += [name for name in found if name in shapes][:1]
    if not chosen or _behind_logits(model, chosen)[1]:
        raise BundleError("This model has no map of features to look at.", "Use the method “occlusion”.")
    places = _with_outputs(model, chosen)
    del places.graph.output[: -len(chosen)]
    rest = _cut(model, {name: shapes[name] for name in chosen})
    return _Parts(tuple(chosen), open_session(places.SerializeToString()), open_session(rest.SerializeToString()))


def _behind_logits(model: ModelProto, stops: Sequence[str] = ()) -> tuple[list[str], bool]:
    """Go back from the logits, though not beyond `stops`; tell whether that leads to the pixels.

    Also returns the inputs of pooling and flattening nodes on the way, the last of them first.
    """
    maker: dict[str, NodeProto] = {name: node for node in model.graph.node for name in node.output}
    waiting, seen = [LOGITS], {LOGITS, PIXELS, *stops}  # preparing pixels is no part of the network
    found: list[str] = []
    seeing = False
    while waiting:
        node = maker.get(waiting.pop(0))
        if node is None:
            continue
        seeing = seeing or PIXELS in node.input
        if node.op_type in POOLS and node.input[0] not in (*stops, *found):
            found.append(node.input[0])
        for name in node.input:
            if name and name not in seen:
                seen.add(name)
                waiting.append(name)
    return found, seeing


def _with_outputs(model: ModelProto, names: list[str]) -> ModelProto:
    changed = ModelProto()
    changed.CopyFrom(model)
    there = {output.name for output in changed.graph.output}
    changed.graph.output.extend(
        helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names if name not in there
    )
    return changed


def _cut(model: ModelProto, shapes: Mapping[str, Sequence[int]]) -> ModelProto:
    """Return the part of a model from tensors to the logits, for any number of images."""
    changed = ModelProto()
    changed.CopyFrom(model)
    changed.graph.value_info.extend(
        [
            *(
                helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", *shape[1:]])
                for name, shape in shapes.items()
            ),
            helper.make_tensor_value_info(LOGITS, TensorProto.FLOAT, ["batch", "classes"]),
        ]
    )
    part: ModelProto = utils.Extractor(changed).extract_model(list(shapes), [LOGITS])
    return part


def _patch(number: int, size: int) -> tuple[int, int]:
    step = size / OCCLUDED
    middle = (number + 0.5) * step
    return max(0, round(middle - PATCH * step / 2)), min(size, max(1, round(middle + PATCH * step / 2)))


def _normalised(values: NDArray[np.floating]) -> Floats:
    """Keep what speaks for the class, the most of it as 1."""
    positive = np.maximum(values, 0)
    result: Floats = (positive / max(float(positive.max()), TINY)).astype(np.float32)
    return result
