"""Shapes in the axes of a framework, worked out from axis strings without moving an array."""

from __future__ import annotations

import functools
import math
import re

from ..common.spec import Shape, Weight


def stored_shape(weight: Weight, axes: str) -> Shape:
    """The shape that a weight has in the axes of a framework.

    >>> stored_shape(Weight("weight", (120, 400), "O (C H W)", sizes=(("C", 16), ("H", 5), ("W", 5))), "(H W C) O")
    (400, 120)
    """
    lengths = {"1": 1, **dict(weight.sizes)}
    for group, length in zip(_groups(weight.axes), weight.shape, strict=True):
        known = math.prod(lengths[name] for name in group if name in lengths)
        lengths |= {name: int(length) // known for name in group if name not in lengths}
    return tuple(math.prod(lengths[name] for name in group) for group in _groups(axes))


def canonical_shape(shape: Shape, weight: Weight, axes: str) -> Shape:
    """The canonical shape of a stored array; one that differs from the weight's where the array does not fit it."""
    expected = tuple(map(int, weight.shape))
    if shape == stored_shape(weight, axes):
        return expected
    source, target = _groups(axes), _groups(weight.axes)
    if len(shape) == len(source) == len(target) and all(len(group) == 1 for group in source):
        lengths = dict(zip((name for (name,) in source), shape, strict=True))
        found = tuple(math.prod(lengths.get(name, 1) for name in group) for group in target)
        return found if found != expected else (*found, 1)
    turned = shape[::-1] if len(shape) == 2 else shape
    return turned if turned != expected else (*turned, 1)


@functools.lru_cache(4096)
def _groups(axes: str) -> tuple[tuple[str, ...], ...]:
    """The axes of a pattern, each as the names that it joins: "O (H W)" is (("O",), ("H", "W"))."""
    return tuple(tuple(text.strip("()").split()) for text in re.findall(r"\([^)]*\)|\S+", axes))
