"""Convert a CNTK v2 image classifier to ONNX, without CNTK.

The result has the form of every engine's network: `pixels`, uint8 RGB [N, height, width, 3], to `logits` and
`features`. Imports onnx: for worker processes, the command line and tests.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import ModelProto, TensorProto, helper

from app.dataset.preprocess import IR_VERSION, OPSET, PIXELS
from app.engines.cntk_file import damaged
from app.engines.cntk_model import CONSTANT, INPUT, PARAMETER, PLACEHOLDER, CntkModel, Function, Variable
from app.engines.cntk_operations import WRITERS
from app.engines.cntk_tensors import GraphWriter, Tensor
from app.errors import InputError

CHANNELS = 3
LARGEST_SIDE = 1 << 14  # sizes above are CNTK's marks for "any size"
TUTORIAL_MEAN = 114.0
MALFORMED = (KeyError, TypeError, ValueError, IndexError, AttributeError, ArithmeticError)
SIGMOIDS = {"Sigmoid", "StableSigmoid"}


@dataclass(frozen=True)
class PixelForm:
    """What the classifier was fed: (channels in this order − `subtract`) × `scale`, of pixels from 0 to 255.

    `subtract` None means the tutorial's 114, but nothing where the network itself begins with a subtraction.
    """

    colour: str = "bgr"
    subtract: float | None = None
    scale: float = 1.0


@dataclass(frozen=True)
class ConvertedNetwork:
    """An ONNX network, the size of the images and the classes it knows, and what is subtracted before it."""

    network: ModelProto
    height: int
    width: int
    classes: int
    subtracted: float


def convert(
    model: CntkModel, form: PixelForm | None = None, node: str | None = None, side: int | None = None
) -> ConvertedNetwork:
    """Convert the classifier up to its logits; `node` names the output where there are several.

    `side` is the size for a network that takes any. Raises InputError for what cannot be converted.
    """
    form = form or PixelForm()
    logits = model.before_softmax(_output(model, node))
    functions = model.ancestors(logits)
    _check_operations(model, functions)
    image = _image_input(model, functions)
    channels, height, width = _image_shape(model, image, side)
    subtracted = form.subtract
    if subtracted is None:
        subtracted = 0.0 if subtracts(model, functions, image) else TUTORIAL_MEAN
    writer = GraphWriter()
    values = {image.uid: _fed(writer, form, subtracted, (channels, height, width))}
    try:
        _write(writer, model, functions, values)
        result, features = values[logits], _features(model, functions, values, logits)
        for name, value in (("logits", result), ("features", features)):
            flat = writer.reshape(value, (_size(value),))
            writer.nodes.append(helper.make_node("Identity", [flat.name], [name]))
        network = _network(writer, (height, width), _size(result), _size(features))
    except InputError:
        raise
    except (*MALFORMED, onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise damaged(model.path, repr(error)) from error
    return ConvertedNetwork(network, height, width, _size(result), subtracted)


def _output(model: CntkModel, node: str | None) -> str:
    if node is not None:
        if node not in model.names:
            known = ", ".join(sorted(model.names)) or "none"
            raise InputError(f"“{model.path.name}” has no node “{node}”.", f"Its named nodes are: {known}.")
        return model.names[node]
    outputs = model.outputs()
    if len(outputs) > 1:
        outputs = list({model.resolve(one): one for one in outputs if len(_inputs(model, one)) == 1}.values())
    if len(outputs) != 1:
        raise InputError(
            f"“{model.path.name}” has several outputs.",
            f"Name the one for the classes with --node; named nodes are: {', '.join(sorted(model.names)) or 'none'}.",
        )
    return outputs[0]


def _inputs(model: CntkModel, value: str) -> set[str]:
    """Return the inputs that a value depends on: of losses and errors the truth is one."""
    used = {model.resolve(one) for function in model.ancestors(model.resolve(value)) for one in function.inputs}
    return {one for one in used if one in model.variables and model.variables[one].kind == INPUT}


def _check_operations(model: CntkModel, functions: Sequence[Function]) -> None:
    unknown = sorted({function.operation for function in functions} - set(WRITERS))
    if unknown:
        raise InputError(
            f"“{model.path.name}” uses operations that cannot be converted: {', '.join(unknown)}.",
            "If only its end does, name an earlier node with --node.",
        )
    if functions and functions[-1].operation in SIGMOIDS:
        raise InputError(
            f"“{model.path.name}” ends in a sigmoid, so it gives each image any number of labels.",
            "Only models that choose one label for each image can be converted.",
        )


def _image_input(model: CntkModel, functions: Sequence[Function]) -> Variable:
    used = {model.resolve(value) for function in functions for value in function.inputs}
    variables = [model.variables[name] for name in sorted(used) if name in model.variables]
    if any(one.kind == PLACEHOLDER for one in variables):
        raise InputError(f"“{model.path.name}” is part of a network, without its input.", "Save the whole network.")
    empty = [one.name or one.uid for one in variables if one.kind in (PARAMETER, CONSTANT) and one.value is None]
    if empty:
        raise damaged(model.path, f"no numbers for {', '.join(empty)}")
    images = [one for one in variables if one.kind == INPUT]
    if len(images) != 1:
        raise InputError(f"“{model.path.name}” has {len(images)} inputs.", "An image classifier has one: the image.")
    return images[0]


def _image_shape(model: CntkModel, image: Variable, side: int | None) -> tuple[int, int, int]:
    if len(image.shape) != 3 or image.shape[0] != CHANNELS:
        shape = " × ".join(str(size) for size in image.shape)
        raise InputError(
            f"The input of “{model.path.name}” is {shape or 'one number'}.",
            "Only classifiers of colour images, 3 × height × width, can be converted.",
        )
    height, width = (size if size <= LARGEST_SIDE else side for size in image.shape[1:])
    if not height or not width:
        raise InputError(f"“{model.path.name}” takes images of any size.", "Say which to use with --side, such as 224.")
    return CHANNELS, height, width


def subtracts(model: CntkModel, functions: Sequence[Function], image: Variable) -> bool:
    """Tell whether everything that takes the image subtracts something from it."""
    takers = [one for one in functions if image.uid in (model.resolve(value) for value in one.inputs)]
    return all(one.operation == "Minus" for one in takers)


def _fed(writer: GraphWriter, form: PixelForm, subtracted: float, shape: tuple[int, int, int]) -> Tensor:
    pixels = Tensor(PIXELS, (*shape[1:], CHANNELS), True)
    planes = writer.node("Transpose", [pixels.name], shape, perm=[0, 3, 1, 2])
    if form.colour == "bgr":
        planes = writer.node("Gather", [planes.name, writer.integers([2, 1, 0])], shape, axis=1)
    fed = writer.node("Cast", [planes.name], shape, to=TensorProto.FLOAT)
    if subtracted:
        fed = writer.elementwise("Sub", [fed, writer.constant(np.array(subtracted))])
    return writer.elementwise("Mul", [fed, writer.constant(np.array(form.scale))]) if form.scale != 1 else fed


def _write(writer: GraphWriter, model: CntkModel, functions: Sequence[Function], values: dict[str, Tensor]) -> None:
    for function in functions:
        inputs = []
        for value in map(model.resolve, function.inputs):
            if value not in values:
                values[value] = writer.constant(np.asarray(model.variables[value].value))
            inputs.append(values[value])
        values[f"{function.uid}_Output_0"] = WRITERS[function.operation](writer, function, inputs)


def _features(model: CntkModel, functions: Sequence[Function], values: dict[str, Tensor], logits: str) -> Tensor:
    """Return the node that is called so, or what the last dense layer takes, or the logits where there is none."""
    named = model.resolve(model.names.get("features", ""))
    if named in values:
        return values[named]
    for function in reversed(functions):
        if function.operation == "Times":
            return values[model.resolve(function.inputs[1])]
    return values[logits]


def _size(value: Tensor) -> int:
    size = 1
    for one in value.shape:
        size *= one
    return size


def _network(writer: GraphWriter, size: tuple[int, int], classes: int, features: int) -> ModelProto:
    graph = helper.make_graph(
        writer.nodes,
        "cntk",
        [helper.make_tensor_value_info(PIXELS, TensorProto.UINT8, ["batch", *size, CHANNELS])],
        [
            helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", classes]),
            helper.make_tensor_value_info("features", TensorProto.FLOAT, ["batch", features]),
        ],
        writer.used_numbers(),
    )
    opset = [helper.make_opsetid("", OPSET)]
    network = helper.make_model(graph, opset_imports=opset, ir_version=IR_VERSION, producer_name="Sightline")
    onnx.checker.check_model(network, full_check=True)
    return network
