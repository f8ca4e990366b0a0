"""Constants that one framework holds as float32 numbers, whatever a model computes in: no difference of two models."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import fields

import numpy as np

from ..spec import Net, Node
from .align import Alignment
from .flow import Flow

FLOAT32 = float(np.finfo(np.float32).eps)
ROUNDED = 1e-6
"""Relative: what two models may differ by that round one constant otherwise.

Measured over the right pairs of the tests: 2.8e-7 at most (a slope before a softmax of large numbers), most below 1e-7.
"""


def rounding(found: Alignment) -> float:
    """How far two networks may be apart by rounding alone, 0 where they have the same constants.

    TensorFlow interpolates in float32 whatever a model computes in; and where one divides by the deviation that the
    other has as a variance, one of the two was rounded. So was each kernel with a normalisation in it, and what many
    of them make of an image is apart by the root of their number.
    """
    if found.folds:
        return ROUNDED * math.sqrt(len(found.folds))
    standardised = ["standardize" in {step.node.kind for step in flow.steps} for flow in (found.one, found.other)]
    if standardised[0] != standardised[1]:
        return ROUNDED
    if any(getattr(step.node.op, "mode", "nearest") != "nearest" for flow in (found.one, found.other)
           for step in flow.steps if step.node.kind == "resize"):  # fmt: skip
        return ROUNDED
    one, other = set(_constants(found.one)), set(_constants(found.other))
    pairs = [(a, b) for a in one for b in other if a not in other or b not in one]
    return ROUNDED if any(_close(a, b) for a, b in pairs) else 0.0


def rounding_of(nets: Sequence[Net]) -> float:
    """The same where the layers of one model or of both cannot be read: what the one may round the other may, too."""
    nodes = [node for net in nets for node in net.nodes]
    resizes = any(node.kind == "resize" and getattr(node.op, "mode", "nearest") != "nearest" for node in nodes)
    return ROUNDED if not nets or resizes or any(True for node in nodes for _ in _fractions(node)) else 0.0


def _fractions(node: Node) -> Iterator[float]:
    """The fractions of a step without weights that float32 does not have."""
    if node.kind == "gelu":
        yield 0.7
    for item in fields(node.op) if not node.weights() else ():
        value = getattr(node.op, item.name)
        if isinstance(value, float) and np.isfinite(value) and float(np.float32(value)) != value:
            yield value


def _constants(flow: Flow) -> Iterator[float]:
    """The fractions among the settings of steps without weights; a constant that is rounded inside as itself."""
    for step in flow.steps:
        for item in fields(step.node.op) if not step.node.weights() else ():
            value = getattr(step.node.op, item.name)
            if item.name == "rounded":
                yield 0.7 * (1 + value * FLOAT32 / 4)
            if isinstance(value, float) and np.isfinite(value) and value != int(value):
                yield value


def _close(one: float, other: float) -> bool:
    return one != other and abs(one - other) <= FLOAT32 * abs(other)
