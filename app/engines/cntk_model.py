"""A CNTK v2 model as a graph: its variables, its functions, and which value every name stands for.

Blocks (layers) are taken apart: the graph holds primitive functions only.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from app.engines.cntk_file import damaged, read_dictionary
from app.errors import InputError

INPUT, OUTPUT, PARAMETER, CONSTANT, PLACEHOLDER = range(5)  # the kinds of variables
# The primitive operations of CNTK 2.7 by number, as CNTK's PrimitiveOpType.h names them.
OPERATIONS = (
    *("Negate", "Sigmoid", "Tanh", "ReLU", "Exp", "Log", "Sqrt", "Floor", "Abs", "Reciprocal", "Softmax", "Hardmax"),
    *("TransposeAxes", "Where", "Slice", "Dropout", "Reshape", "Pooling", "SumAll", "Plus", "Minus", "ElementTimes"),
    *("Equal", "NotEqual", "Less", "LessEqual", "Greater", "GreaterEqual", "PackedIndex", "GatherPacked"),
    *("ScatterPacked", "Times", "TransposeTimes", "Convolution", "SquaredError", "CrossEntropyWithSoftmax"),
    *("ClassificationError", "PastValue", "FutureValue", "ReduceElements", "BatchNormalization", "Clip", "Select"),
    *("Splice", "Combine", "RandomSample", "RandomSampleInclusionFrequency", "ROIPooling", "Logistic"),
    *("OptimizedRNNStack", "ReconcileDynamicAxis", "LogSoftmax", "LogPlus", "CosDistance", "Sin", "Cos", "Pass"),
    *("Block", "Unpooling", "LambdaRank", "NDCG", "EditDistanceError", "NoOp", "LabelsToGraph", "StopGradient"),
    *("ELU", "ForwardBackward", "CosDistanceWithNegativeSamples", "OneHot", "Pow", "ToSequence", "ToSequenceLike"),
    *("UnpackSequence", "Assign", "Gather", "StableSigmoid", "RandomDistribution", "Sinh", "Cosh", "UnpackBatch"),
    *("ToBatch", "Asin", "Acos", "Pad", "Crop", "Atanh", "Asinh", "TopK", "Squeeze", "ConstantOp"),
    *("LatticeSequenceWithSoftmax", "Cast", "EyeLikeOp", "CustomProxyOp", "StraightThrough", "Tan", "Atan"),
    "ConvolutionSequenceShape",
)
BLOCK = OPERATIONS.index("Block")
FIRST_OUTPUT = "_Output_0"


@dataclass(frozen=True)
class Variable:
    """An input, parameter or constant; `shape` is in numpy's order, without the batch."""

    uid: str
    name: str
    kind: int
    shape: tuple[int, ...]
    value: NDArray[Any] | None


@dataclass(frozen=True)
class Function:
    """A primitive function: the operation's name, the names of the values it takes, and its attributes."""

    uid: str
    name: str
    operation: str
    inputs: tuple[str, ...]
    attributes: Mapping[str, Any]


@dataclass(frozen=True)
class Block:
    """A layer: what CNTK calls it, and the values it takes besides its parameters."""

    operation: str
    inputs: tuple[str, ...]


@dataclass(frozen=True)
class CntkModel:
    """The graph of a `.model` file.

    `root` is the value the model gives, `names` are the values by the names its author gave them.
    """

    path: Path
    root: str
    variables: Mapping[str, Variable]
    functions: Mapping[str, Function]
    aliases: Mapping[str, str]
    blocks: Mapping[str, Block]
    names: Mapping[str, str]

    def resolve(self, value: str) -> str:
        """Follow placeholders and the outputs of blocks to the variable, or the function's output, behind them."""
        seen = set()
        while value in self.aliases:
            if value in seen:
                raise damaged(self.path, f"{value} stands for itself")
            seen.add(value)
            value = self.aliases[value]
        return value

    def producer(self, value: str) -> Function | None:
        """Return the function whose output a resolved value is, or None for a variable."""
        return self.functions.get(value.rpartition("_Output_")[0])

    def last_steps(self, value: str) -> list[Block | Function]:
        """Return the layers whose output a value is, the outermost first, and the function that computes it."""
        self.resolve(value)  # raises where names go round in a circle
        steps: list[Block | Function] = []
        while value in self.aliases:
            if value in self.blocks:
                steps.append(self.blocks[value])
            value = self.aliases[value]
        function = self.producer(value)
        return [*steps, function] if function else steps

    def before_softmax(self, value: str) -> str:
        """Return what the softmax that gives `value` was taken of, or the value itself where there is none."""
        for step in self.last_steps(value):
            if step.operation == "Softmax":
                return self.resolve(step.inputs[0])
        return self.resolve(value)

    def ancestors(self, value: str) -> list[Function]:
        """Return the functions a resolved value is computed by, each behind those it needs; raises InputError."""
        order: dict[str, Function] = {}
        open_: set[str] = set()
        stack: list[tuple[str, bool]] = [(value, False)]
        while stack:
            name, finished = stack.pop()
            function = self.producer(name)
            if function is None or function.uid in order:
                continue
            if finished:
                order[function.uid] = function
            elif function.uid in open_:
                raise InputError(
                    f"“{self.path.name}” is a recurrent network, which cannot be converted.",
                    "Image classifiers without loops can be.",
                )
            else:
                open_.add(function.uid)
                stack.append((name, True))
                stack += [(self.resolve(one), False) for one in function.inputs if self._is_open(one, order)]
        return list(order.values())

    def _is_open(self, value: str, done: Mapping[str, Function]) -> bool:
        function = self.producer(self.resolve(value))
        return function is not None and function.uid not in done

    def outputs(self) -> list[str]:
        """Return the values the model gives: one, or the parts of a combination."""
        function = self.producer(self.root)
        return list(function.inputs) if function and function.operation == "Combine" else [self.root]


def read_model(path: Path) -> CntkModel:
    """Read a `.model` file of CNTK 2; raises InputError for one of CNTK 1, cut short, or no model at all."""
    values = read_dictionary(path)
    try:
        if "root" not in values and "Learners" in values:
            raise InputError(
                f"“{path.name}” is the state of a training, without the network.",
                "Choose the file beside it that has the same name without “.ckp”.",
            )
        return _graph(path, values)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise damaged(path, repr(error)) from error


def _graph(path: Path, values: dict[str, Any]) -> CntkModel:
    functions: dict[str, Function] = {}
    aliases: dict[str, str] = {}
    blocks: dict[str, Block] = {}
    names: dict[str, str] = {}
    for entry in values["primitive_functions"]:
        if entry.get("name"):
            names[entry["name"]] = entry["uid"] + FIRST_OUTPUT
        if entry.get("op") == BLOCK:
            pairs = _block_pairs(entry)
            aliases.update(pairs)
            aliases[entry["uid"] + FIRST_OUTPUT] = entry["block_function_composite"]["root"] + FIRST_OUTPUT
            blocks[entry["uid"] + FIRST_OUTPUT] = Block(entry["block_function_op_name"], tuple(pairs.values()))
        else:
            function = functions[entry["uid"]] = _function(entry)
            if function.operation == "Combine":
                aliases.update({f"{function.uid}_Output_{index}": one for index, one in enumerate(function.inputs)})
    variables = {entry["uid"]: _variable(entry) for entry in values["inputs"]}
    for function in functions.values():  # what was a placeholder once is listed under its new name too
        variables.pop(function.uid + FIRST_OUTPUT, None)
    model = CntkModel(path, values["root"] + FIRST_OUTPUT, variables, functions, aliases, blocks, names)
    _check_names(model)
    return model


def _block_pairs(entry: Mapping[str, Any]) -> dict[str, str]:
    inside = entry["block_function_composite_arguments_map_keys"]
    outside = entry["block_function_composite_arguments_map_values"]
    return dict(zip(inside, outside, strict=True))


def _function(entry: Mapping[str, Any]) -> Function:
    number = entry.get("op")
    if number is None:
        operation = str(entry.get("name") or entry.get("type", "unknown"))  # a user's own function
    else:
        operation = OPERATIONS[number] if number < len(OPERATIONS) else f"number {number}"
    attributes = entry.get("attributes") or {}
    return Function(entry["uid"], entry.get("name", ""), operation, tuple(entry["inputs"]), attributes)


def _variable(entry: Mapping[str, Any]) -> Variable:
    value = entry.get("value")
    shape = tuple(int(size) for size in entry["shape"]) if value is None else value.shape
    return Variable(entry["uid"], entry.get("name", ""), entry["kind"], shape, value)


def _check_names(model: CntkModel) -> None:
    """Raise KeyError for a value that nothing in the file gives: the file lost its end, or was edited."""
    for name in _values_of(model.functions.values(), model.outputs()):
        value = model.resolve(name)
        if value not in model.variables and model.producer(value) is None:
            raise KeyError(value)


def _values_of(functions: Iterable[Function], outputs: Sequence[str]) -> Iterable[str]:
    yield from outputs
    for function in functions:
        yield from function.inputs
