"""The order in which a flattened map stands before a linear layer, which its weights make up for.

Whoever ports a Keras model to PyTorch by eye keeps its Dense kernels by `x.permute(0, 2, 3, 1).flatten(1)`: the same
function as a flatten in PyTorch's order whose kernel has its columns in another order.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..op import Op
from ..ops.conv import Conv
from ..ops.flatten import Flatten
from ..ops.linear import Linear
from ..ops.ordered_flatten import OrderedFlatten
from .flow import Flow

Columns = NDArray[np.int64]


def flattens(op: Op) -> bool:
    """Whether an op makes a vector of a map, in whatever order."""
    return isinstance(op, (Flatten, OrderedFlatten))


def order(op: Op) -> str:
    """The letters of the order in which a map is flattened."""
    return op.order if isinstance(op, OrderedFlatten) else "CHW"


def order_of(flow: Flow, place: int) -> tuple[str, tuple[int, ...]] | None:
    """The letters of the order that a linear step reads a flattened map in, and (C, H, W); None for another step."""
    step = flow.steps[place]
    if isinstance(step.node.op, Conv) and step.node.op.kernel == tuple(map(int, step.node.in_shapes[0][1:])):
        return order(step.node.op), tuple(map(int, step.node.in_shapes[0]))
    if not isinstance(step.node.op, Linear):
        return None
    while step.inputs and len(step.inputs) == 1:
        step = flow.steps[step.inputs[0]]
        if flattens(step.node.op):
            return order(step.node.op), tuple(map(int, step.node.in_shapes[0]))
        if not step.node.op.elementwise:
            return None
    return None


def columns(one: Flow, other: Flow, a: int, b: int) -> Columns | None:
    """Which column of the first's kernel each column of the second's is; None where both have the same order."""
    mine, theirs = order_of(one, a), order_of(other, b)
    if mine is None or theirs is None or mine[0] == theirs[0] or mine[1] != theirs[1]:
        return None
    numbers = np.arange(int(np.prod(mine[1]))).reshape(mine[1])
    first, second = (numbers.transpose(["CHW".index(letter) for letter in item[0]]) for item in (mine, theirs))
    found: Columns = np.argsort(first.ravel())[second.ravel()]
    return found
