"""Weights that a detector begins to learn with: what its last layers say before the first step."""

from __future__ import annotations

import math

import numpy as np

from ..errors import DiptychError
from ..spec import Array, Net, Node
from ..weights import init
from .checks import require_levels
from .detector import Detector

SURE = 0.01
"""The score of an object and of each class at the start, as of RetinaNet's and YOLOX's authors."""
SHRUNK = 0.1
"""What the last weights are multiplied with, so that all places begin alike."""


def detector_start(net: Net, rules: Detector, side: float, seed: int = 0) -> dict[str, Array]:
    """Seeded weights by canonical name, of which the last layers say: no object, and a box as large as `side` pixels.

    YOLOX's loss of a box is 1 - IoU^2, whose slope vanishes with the IoU: places that begin with boxes of any size
    learn slowly. Detectors with anchors begin at their anchors. Raises DiptychError for the rule efficientdet, for a
    network whose maps are no convolutions of it, and for a side that is not above 0.
    """
    if rules.rule == "efficientdet" or not 0 < side < math.inf:
        raise DiptychError(
            f"a start is for detectors of the rules yolov3, yolov5 and yolox and a side above 0, not {rules.rule} and "
            f"{side}"
        )
    require_levels(net.outputs, rules)
    found = dict(init(net, seed))
    for index, level in zip(net.outputs, rules.levels, strict=True):
        nodes, begin = _last(net, index), 0
        biases = _biases(net.nodes[index].shape[0] // len(level.anchors), side / level.stride, rules.rule == "yolox")
        biases = np.tile(biases, len(level.anchors))
        for node in nodes:
            names, count = node.own_weights(), int(node.shape[0])
            found[names["weight"]] = found[names["weight"]] * np.float32(SHRUNK)
            found[names["bias"]] = biases[begin : begin + count]
            begin += count
    return found


def _last(net: Net, index: int) -> list[Node]:
    """The convolutions that make a map, in the order of its channels."""
    node = net.nodes[index]
    nodes = [net.nodes[place] for place in node.inputs] if node.kind == "concat" else [node]
    if any({"weight", "bias"} - set(item.own_weights()) for item in nodes):
        raise DiptychError(f"{net.name}: the map of {node.path} is not made by convolutions with biases")
    return nodes


def _biases(numbers: int, strides: float, sized: bool) -> Array:
    """The biases of one anchor: x, y, w, h, the object and the classes; `strides` is the side of a box in strides."""
    found = np.full(numbers, -math.log(1 / SURE - 1), np.float32)
    found[:4] = (0.5, 0.5, math.log(strides), math.log(strides)) if sized else 0
    return found
