"""Smaller forms of a bundle's model: 16-bit weights, and 8-bit weights and activations; and what they cost.

Imports onnx and onnxruntime: for worker processes and tests only.
"""

import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import ModelProto
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.transformers.float16 import DEFAULT_OP_BLOCK_LIST, convert_float_to_float16

from app.export.novelty_graph import NODES
from app.onnx_sessions import open_session

Image = NDArray[np.uint8]
# Preparing pixels and turning features into probabilities take next to no room, and lose by rounding.
KEPT_IN_FULL = ("Resize", "Round", "Cast", "ReduceSum", "Max", "Div", "Sqrt", "Gemm", "Softmax", "MatMul", "Sub", "Sum")
WARM_UP_RUNS = 3
TIMED_RUNS = 40


@dataclass(frozen=True)
class Cost:
    """What a form of a model weighs, how fast it is here, and how it answers.

    `accuracy` is the share of right answers, 0 to 1, or None without labelled images; `agreement` that of answers equal
    to those in full precision, and `largest_difference` between two probabilities of it and of that.
    """

    form: str
    bytes: int
    images_per_second: float
    accuracy: float | None
    agreement: float
    largest_difference: float


def to_float16(model: ModelProto) -> ModelProto:
    """Store weights and compute convolutions in 16 bits; inputs and outputs stay as they are."""
    reduced: ModelProto = convert_float_to_float16(
        model,
        keep_io_types=True,
        op_block_list=[*DEFAULT_OP_BLOCK_LIST, *KEPT_IN_FULL],
        node_block_list=[node.name for node in model.graph.node if node.name.startswith(NODES)],
    )
    return reduced


def to_int8(model: ModelProto, images: Iterator[Image]) -> ModelProto:
    """Quantise convolutions: weights to signed, activations to unsigned 8 bits, by their ranges on images [H, W, 3]."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "model.onnx"), Path(folder, "int8.onnx")
        onnx.save(_with_one_operator_set(model), source)
        quantize_static(
            source,
            target,
            _Reader(images),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv"],
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
        return onnx.load(target)


def _with_one_operator_set(model: ModelProto) -> ModelProto:
    """Drop the repetition of an operator set that joining graphs leaves, and the quantiser stumbles over."""
    versions = {one.domain: one.version for one in model.opset_import}
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    del copy.opset_import[:]
    copy.opset_import.extend(onnx.helper.make_opsetid(domain, version) for domain, version in versions.items())
    return copy


class _Reader(CalibrationDataReader):
    """Hands out images one by one, as the quantiser wants them."""

    def __init__(self, images: Iterator[Image]):
        self._images = images

    def get_next(self) -> dict[str, Any] | None:
        """Return the next image as the model's input, or None after the last."""
        image = next(self._images, None)
        return None if image is None else {"image": image[np.newaxis]}


def compare(
    forms: dict[str, bytes], images: Sequence[Image], truth: Sequence[int] | None, full: str
) -> dict[str, Cost]:
    """Run each form of a model on the same images; `full` names the one in full precision.

    Forms take turns while they are timed, so that all meet the same load of the machine.
    """
    sessions = {form: open_session(model) for form, model in forms.items()}

    def ask(form: str, image: Image) -> NDArray[np.float32]:
        answer: NDArray[np.float32] = sessions[form].run(["probabilities"], {"image": image[np.newaxis]})[0][0]
        return answer

    answers = {form: np.stack([ask(form, image) for image in images]) for form in forms}
    spent: dict[str, list[float]] = {form: [] for form in forms}
    for run in range(WARM_UP_RUNS + TIMED_RUNS):
        image = images[run % len(images)]
        for form in forms:
            start = time.perf_counter()
            ask(form, image)
            spent[form].append(time.perf_counter() - start)
    best = {form: probabilities.argmax(axis=1) for form, probabilities in answers.items()}
    return {
        form: Cost(
            form,
            len(model),
            float(1 / np.median(spent[form][WARM_UP_RUNS:])),
            None if truth is None else float(np.mean(best[form] == np.array(truth))),
            float(np.mean(best[form] == best[full])),
            float(np.abs(answers[form] - answers[full]).max()),
        )
        for form, model in forms.items()
    }
