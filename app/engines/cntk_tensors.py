"""Write an ONNX graph node by node, knowing the shape of every value, for the conversion of CNTK models."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper

from app.errors import InputError

BATCH = -1  # in ONNX's Reshape: whatever is left


class Unsupported(InputError):
    """A use of an operation that no image classifier is known to make."""

    def __init__(self, operation: str, what: str):
        super().__init__(
            f"The model uses the operation {operation} {what}, which cannot be converted.",
            "Export the part of the network without it (cntk: z.save(…) on an earlier node), or tell us of the model.",
        )


@dataclass(frozen=True)
class Tensor:
    """A value in the graph: `shape` is without the batch, which stands before it where `batched`.

    `value` holds the numbers of a parameter or constant.
    """

    name: str
    shape: tuple[int, ...]
    batched: bool
    value: NDArray[np.float32] | None = None


class GraphWriter:
    """Nodes and numbers of the graph written so far."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.numbers: list[TensorProto] = []

    def node(
        self, operation: str, inputs: Sequence[str], shape: Sequence[int], batched: bool = True, **attributes: Any
    ) -> Tensor:
        """Add a node with one output and return that."""
        name = f"value_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operation, list(inputs), [name], **attributes))
        return Tensor(name, tuple(int(size) for size in shape), batched)

    def constant(self, value: NDArray[Any]) -> Tensor:
        """Add numbers, in single precision."""
        numbers = np.ascontiguousarray(value, np.float32).reshape(np.shape(value))
        name = f"numbers_{len(self.numbers)}"
        self.numbers.append(numpy_helper.from_array(numbers, name))
        return Tensor(name, numbers.shape, False, numbers)

    def integers(self, values: Sequence[int]) -> str:
        """Add a list of integers and return its name."""
        name = f"numbers_{len(self.numbers)}"
        self.numbers.append(numpy_helper.from_array(np.array(values, np.int64), name))
        return name

    def used_numbers(self) -> list[TensorProto]:
        """Return the numbers that some node takes."""
        used = {name for node in self.nodes for name in node.input}
        return [one for one in self.numbers if one.name in used]

    def reshape(self, tensor: Tensor, shape: Sequence[int]) -> Tensor:
        """Give a value another shape with as many elements."""
        if tensor.shape == tuple(shape):
            return tensor
        if np.prod(tensor.shape, dtype=int) != np.prod(shape, dtype=int):
            raise ValueError(f"{tensor.shape} cannot become {shape}")
        if tensor.value is not None:
            return self.constant(tensor.value.reshape(shape))
        full = [*([BATCH] if tensor.batched else []), *shape]
        return self.node("Reshape", [tensor.name, self.integers(full)], shape, tensor.batched)

    def aligned(self, tensors: Sequence[Tensor]) -> tuple[list[Tensor], tuple[int, ...], bool]:
        """Prepare values for an operation element by element; also returns its shape, and whether it is batched."""
        rank = max(len(one.shape) for one in tensors)
        same = [self._raised(one, rank) for one in tensors]
        shape = np.broadcast_shapes(*(one.shape for one in same))
        return same, shape, any(one.batched for one in tensors)

    def elementwise(self, operation: str, tensors: Sequence[Tensor], **attributes: Any) -> Tensor:
        """Add an operation element by element, with numpy's broadcasting, which is CNTK's too."""
        same, shape, batched = self.aligned(tensors)
        return self.node(operation, [one.name for one in same], shape, batched, **attributes)

    def _raised(self, tensor: Tensor, rank: int) -> Tensor:
        missing = rank - len(tensor.shape)
        return self.reshape(tensor, (1,) * missing + tensor.shape) if missing else tensor


def static_axis(axis: Any, rank: int, operation: str) -> int:
    """Turn an axis of CNTK, counted from the last, into one of numpy without the batch; raises Unsupported."""
    index = axis.index + rank if axis.index < 0 else axis.index
    if not 0 <= index < rank:
        raise Unsupported(operation, f"along the axis “{axis.name}”")
    return int(rank - 1 - index)
