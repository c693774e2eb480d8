"""The nodes of a CNTK network whose output can be classified, read from its file; needs no CNTK."""

from dataclasses import dataclass
from pathlib import Path

from app.engines.cntk_model import INPUT, CntkModel, Function, read_model
from app.engines.cntk_to_onnx import subtracts
from app.errors import InputError
from app.settings.cntk import CntkSettings

OUR_NODE, TUTORIAL_NODE = "features", "z.x.x.r"
BGR, RGB = "bgr", "rgb"
NOT_FEATURES = {"Combine", "CrossEntropyWithSoftmax", "ClassificationError", "Pass", "NoOp"}


@dataclass(frozen=True)
class Node:
    """A node by its name, and the operation that computes it."""

    name: str
    operation: str


@dataclass(frozen=True)
class ChosenNode:
    """A node as CNTK finds it again; and what its network is fed with: order of colours, and what is subtracted."""

    name: str
    uid: str
    colour: str
    subtract: float


def feature_nodes(path: Path) -> tuple[list[Node], str]:
    """Return the named nodes of a .model file that depend on the image, and which would be taken; raises InputError."""
    model = read_model(path)
    nodes = []
    for name, value in model.names.items():
        function = model.producer(model.resolve(value))
        if function is not None and function.operation not in NOT_FEATURES and _images(model, model.resolve(value)):
            nodes.append(Node(name, function.operation))
    return nodes, _found(model)


def choose_node(path: Path, settings: CntkSettings) -> ChosenNode:
    """Return the node that the settings mean; raises InputError for a file or a node that cannot be built upon."""
    model = read_model(path)
    name = settings.feature_node or _found(model)
    if name and name not in model.names:
        known = ", ".join(sorted(model.names)) or "none"
        raise InputError(f"“{path.name}” has no node “{name}”.", f"Choose the feature node among: {known}.")
    value = model.resolve(model.names[name]) if name else _last_dense_input(model)
    function = model.producer(value)
    images = _images(model, value)
    if function is None or len(images) != 1:
        raise InputError(
            f"The node “{name or value}” of “{path.name}” is not computed from one image.",
            "Choose another feature node.",
        )
    image = model.variables[images[0]]
    colour = settings.colour if settings.colour != "auto" else image.name if image.name in (RGB, BGR) else BGR
    own = image.name in (RGB, BGR) or subtracts(model, model.ancestors(value), image)  # ours hold all that they need
    return ChosenNode(name or function.name or function.uid, function.uid, colour, 0.0 if own else settings.subtract)


def _found(model: CntkModel) -> str:
    """Return the node that is meant where none is named; empty for what the last dense layer takes."""
    return next((name for name in (OUR_NODE, TUTORIAL_NODE) if name in model.names), "")


def _last_dense_input(model: CntkModel) -> str:
    for output in model.outputs():
        functions: list[Function] = model.ancestors(model.resolve(output))
        for function in reversed(functions):
            if function.operation == "Times":
                return model.resolve(function.inputs[1])
    raise InputError(f"“{model.path.name}” has no dense layer at its end.", "Name the feature node.")


def _images(model: CntkModel, value: str) -> list[str]:
    used = {model.resolve(one) for function in model.ancestors(value) for one in function.inputs}
    return sorted(one for one in used if one in model.variables and model.variables[one].kind == INPUT)
