"""A network of ours as Darknet's sections: what one does, what it reads, and which weights it has in which order.

A convolution, its batch normalisation and its activation are one section. Darknet's files keep for each convolution
the shifts, the scales, the means and the variances of its normalisation and then the kernel (O I H W), or without a
normalisation the biases and the kernel (`load_convolutional_weights` of Darknet's parser.c).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...common.errors import FileError
from ...common.spec import Net, Node

IMAGE = -1
"""What a section reads that reads the image."""
EPS, SLOPE = 1e-5, 0.1
NORM = ("bias", "weight", "running_mean", "running_var")
Values = dict[str, int | str]


@dataclass(frozen=True)
class Unit:
    """What a section computes: `inputs` are the indexes of units before it, `weights` their names in Darknet's order.

    `values` are the keys that say what it computes, with numbers for those that a text leaves out.
    """

    kind: str
    inputs: tuple[int, ...]
    values: Values = field(default_factory=dict)
    weights: tuple[str, ...] = ()


def units(net: Net) -> list[Unit]:
    """The sections of a network; raises FileError where a part of it is none of Darknet's."""
    found: list[Unit] = []
    at: dict[int, int] = {}
    for index, node in enumerate(net.nodes):
        if node.kind not in MAKERS:
            raise _strange(net, node)
        MAKERS[node.kind](net, node.plain(), tuple(at[place] for place in node.inputs), found)
        at[index] = len(found) - 1
        if index in net.outputs and found[-1].kind == "convolutional" and len(node.shape) == 3 and _is_map(net):
            found.append(Unit("yolo", (len(found) - 1,)))
    return found


def _is_map(net: Net) -> bool:
    """Whether the outputs are maps of boxes, which a [yolo] section follows each; a classifier has none."""
    return bool(net.output_names)


def _strange(net: Net, node: Node) -> FileError:
    return FileError(f"{net.name}: {node.path} is no section of Darknet's; write another format")


def _conv(net: Net, node: Node, inputs: tuple[int, ...], found: list[Unit]) -> None:
    op: Any = node.op
    kernel, stride, pad, dilation = op.kernel, op.stride, op.explicit(node.in_shapes[0][1:]), op.dilation
    if len({*kernel}) + len({*stride}) + len({*pad}) != 3 or dilation != (1, 1):
        raise _strange(net, node)
    values: Values = {"batch_normalize": 0, "filters": op.channels, "size": kernel[0], "stride": stride[0]}
    values |= {"pad": pad[0], "groups": op.groups, "dilation": 1, "activation": "linear"}
    weights = tuple(f"{node.path}.{kind}" for kind in (("bias", "weight") if op.bias else ("weight",)))
    found.append(Unit("convolutional", inputs, values, weights))


def _linear(net: Net, node: Node, inputs: tuple[int, ...], found: list[Unit]) -> None:
    """A 1x1 convolution of a map of one pixel, as Darknet's classifiers have it."""
    op: Any = node.op
    if found[-1].kind != "avgpool" or not op.bias:
        raise _strange(net, node)
    values: Values = {"batch_normalize": 0, "filters": int(node.shape[0]), "size": 1, "stride": 1}
    values |= {"pad": 0, "groups": 1, "dilation": 1, "activation": "linear"}
    found.append(Unit("convolutional", inputs, values, (f"{node.path}.bias", f"{node.path}.weight")))


def _norm(net: Net, node: Node, inputs: tuple[int, ...], found: list[Unit]) -> None:
    op: Any = node.op
    (last,) = _last(net, node, inputs, found)
    if not math.isclose(op.eps, EPS) or len(last.weights) != 1 or last.values["activation"] != "linear":
        raise _strange(net, node)
    weights = (*(f"{node.path}.{kind}" for kind in NORM), *last.weights)
    found[-1] = Unit(last.kind, last.inputs, {**last.values, "batch_normalize": 1}, weights)


def _activation(net: Net, node: Node, inputs: tuple[int, ...], found: list[Unit]) -> None:
    op: Any = node.op
    (last,) = _last(net, node, inputs, found)
    if last.values["activation"] != "linear" or (node.kind == "leaky_relu" and not math.isclose(op.slope, SLOPE)):
        raise _strange(net, node)
    values: Values = {**last.values, "activation": "leaky" if node.kind == "leaky_relu" else node.kind}
    found[-1] = Unit(last.kind, last.inputs, values, last.weights)


def _last(net: Net, node: Node, inputs: tuple[int, ...], found: list[Unit]) -> tuple[Unit]:
    """The convolution that a node belongs to, which is the last unit."""
    if not found or inputs != (len(found) - 1,) or found[-1].kind != "convolutional":
        raise _strange(net, node)
    return (found[-1],)


def _pool(net: Net, node: Node, inputs: tuple[int, ...], found: list[Unit]) -> None:
    """Darknet pads by size - 1 in all, half of it, rounded down, before the map."""
    op: Any = node.op
    size, stride, shape = op.kernel[0], op.stride[0], node.in_shapes[0]
    top, _, left, _ = op.explicit(shape[1:])
    sides = tuple((side - 1) // stride + 1 for side in shape[1:])
    if op.kernel != (size, size) or op.stride != (stride, stride) or sides != tuple(node.shape[1:]):
        raise _strange(net, node)
    if (top, left) != ((size - 1) // 2,) * 2:
        raise _strange(net, node)
    found.append(Unit("maxpool", inputs, {"size": size, "stride": stride, "padding": size - 1}))


def _upsample(net: Net, node: Node, inputs: tuple[int, ...], found: list[Unit]) -> None:
    op: Any = node.op
    if op.scale is None or op.mode != "nearest":
        raise _strange(net, node)
    found.append(Unit("upsample", inputs, {"stride": op.scale}))


def _slice(net: Net, node: Node, inputs: tuple[int, ...], found: list[Unit]) -> None:
    op: Any = node.op
    width, channels = op.stop - op.start, int(node.in_shapes[0][0])
    if channels % width or op.start % width:
        raise _strange(net, node)
    found.append(Unit("route", inputs, {"groups": channels // width, "group_id": op.start // width}))


def _concat(net: Net, node: Node, inputs: tuple[int, ...], found: list[Unit]) -> None:
    found.append(Unit("route", inputs, {"groups": 1, "group_id": 0}))


def _add(net: Net, node: Node, inputs: tuple[int, ...], found: list[Unit]) -> None:
    found.append(Unit("shortcut", tuple(sorted(inputs)), {"activation": "linear"}))


def _average(net: Net, node: Node, inputs: tuple[int, ...], found: list[Unit]) -> None:
    found.append(Unit("avgpool", inputs))


def _image(net: Net, node: Node, inputs: tuple[int, ...], found: list[Unit]) -> None:
    if found:
        raise _strange(net, node)


MAKERS: Mapping[str, Callable[[Net, Node, tuple[int, ...], list[Unit]], None]] = {
    "input": _image,
    "conv": _conv,
    "linear": _linear,
    "batch_norm": _norm,
    "leaky_relu": _activation,
    "mish": _activation,
    "max_pool": _pool,
    "resize": _upsample,
    "channel_slice": _slice,
    "concat": _concat,
    "add": _add,
    "global_avg_pool": _average,
}
