"""A network for images of another size: every op at its own place, with the shapes that follow."""

from __future__ import annotations

from dataclasses import replace

from ..errors import SpecError
from ..op import Input, Op
from ..ops.flatten import Flatten
from ..ops.linear import Linear
from ..spec import Net, Node, Shape
from ..validation.retrace import check


def resized(net: Net, size: tuple[int, int]) -> Net | None:
    """The network for images of (height, width); None where it has other weights there, or says a size itself.

    >>> from diptych.common.registry import spec
    >>> net = spec("squeezenet1_1", input_size=64)
    >>> resized(net, (72, 80)).nodes == spec("squeezenet1_1", input_size=(72, 80)).nodes
    True
    >>> resized(spec("lenet5_modern"), (48, 48)) is None
    True
    """
    nodes: list[Node] = []
    try:
        for node in net.nodes:
            nodes.append(_node(node, nodes, size))
        found = replace(net, nodes=tuple(nodes), options=tuple(o for o in net.options if o[0] != "input_size"))
        if _shapes(found) != _shapes(net):
            return None
        check(found)
    except SpecError:
        return None
    return found


def _node(node: Node, before: list[Node], size: tuple[int, int]) -> Node:
    """A node after those before it; raises SpecError where it is not the same op at another size."""
    inputs = [before[index] for index in node.inputs]
    shapes = tuple(_like(old, new.shape) for old, new in zip(node.in_shapes, inputs, strict=True))
    flattened = [item.flattened for item in inputs]
    op = _op(node.op, shapes, flattened, size)
    shape = tuple(map(int, op.shape(*shapes)))
    if min(shape) < 1 or (len(shape) == 1 and shape != node.shape):
        raise SpecError(f"{node.path} would be {shape}")
    return replace(node, op=op, in_shapes=shapes, shape=shape, flattened=op.flattened(*flattened))


def _like(old: Shape, new: Shape) -> Shape:
    """The new shape, with the expression that the channels have inside the block."""
    return (old[0], *new[1:]) if int(old[0]) == int(new[0]) else new


def _op(op: Op, shapes: tuple[Shape, ...], flattened: list[Shape | None], size: tuple[int, int]) -> Op:
    """The op with those of its fields that hold the size of a map."""
    if isinstance(op, Input):
        return replace(op, size=(op.size[0], *size))
    if isinstance(op, Flatten):
        return replace(op, folded=shapes[0])
    if isinstance(op, Linear):
        return replace(op, folded=flattened[0])
    return op  # a resize to a size says that of its input, too, and is refused for another


def _shapes(net: Net) -> dict[str, tuple[int, ...]]:
    return {name: tuple(map(int, weight.shape)) for name, weight in net.weights.items()}
