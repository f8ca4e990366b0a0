"""Which of our networks Darknet's files hold, and in which order their numbers stand in one."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from typing import Any

from ...common.errors import FileError, SpecError
from ...common.registry import network, traced
from ...common.spec import Net
from .units import units

NETWORKS: Mapping[str, Mapping[str, Any]] = {
    "yolov3": {},
    "yolov3_spp": {},
    "yolov3_tiny": {},
    "yolov4": {},
    "yolov4_tiny": {},
    "darknet19_cls": {},
    "darknet53_cls": {"slope": 0.1},
}
"""Our name -> the options that make it Darknet's: our Darknet-53 is timm's form, whose slope is another."""
CLASSES = 20_000
"""Classes at most; the most that a file of Darknet's has are the 9,418 of YOLO9000."""


def order(net: Net) -> list[str]:
    """The names of a network's weights as their numbers follow each other; raises FileError for one not of Darknet's.

    >>> from diptych import spec
    >>> order(spec("yolov3_tiny"))[:5]  # doctest: +NORMALIZE_WHITESPACE
    ['backbone.conv1.bn.bias', 'backbone.conv1.bn.weight', 'backbone.conv1.bn.running_mean',
     'backbone.conv1.bn.running_var', 'backbone.conv1.conv.weight']
    """
    if net.name not in NETWORKS:
        raise FileError(f"{net.name} is no network of a .weights file of Darknet's; these are {', '.join(NETWORKS)}")
    if dict(net.options).get("num_classes") == 0:
        raise FileError(f"{net.name} without classes has no sections at its end; a .weights file holds it with classes")
    return [name for unit in units(net) for name in unit.weights]


def count(net: Net) -> int:
    """How many numbers a file of this network holds."""
    return sum(math.prod(net.weights[name].shape) for name in order(net))


@functools.cache
def _counts(name: str, in_channels: int) -> tuple[int, int]:
    """(numbers beside those of classes, numbers of each class): weights of a head grow evenly with its classes."""
    given = dict(NETWORKS[name]) | {"in_channels": in_channels}
    one, two = (count(traced(name, given | {"num_classes": classes})) for classes in (1, 2))
    return 2 * one - two, two - one


def classes_of(name: str, numbers: int, in_channels: int = 3) -> int | None:
    """The classes with which a network has so many numbers; None where no number of classes does that."""
    try:
        rest, each = _counts(name, in_channels)
    except SpecError:
        return None
    found, left = divmod(numbers - rest, each)
    return found if left == 0 and 1 <= found <= CLASSES else None


def with_classes(name: str, classes: int) -> dict[str, Any]:
    """The options of a network of Darknet's with so many classes; none where they are the network's own."""
    return dict(NETWORKS[name]) | ({"num_classes": classes} if classes != network(name).num_classes else {})


def fitting(numbers: int) -> dict[str, int]:
    """Network -> classes, of each that has so many numbers with some number of classes."""
    found = {name: classes_of(name, numbers) for name in NETWORKS}
    return {name: classes for name, classes in found.items() if classes is not None}
