"""Anchors other than a network's own, out of a `.cfg` or a state dict; they travel with the weights, in a record.

Someone who trains on other things makes anchors of these. The weights alone do not show it: with the wrong anchors
every box has a wrong size, and nothing else is wrong.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..common.detection.detector import Detector, Level
from ..common.errors import FileError
from ..common.registry import network

if TYPE_CHECKING:
    from .darknet.match import Configured

KEY = "levels"


def carried(said: Configured | None) -> dict[str, Any]:
    """What the record of a file says of a `.cfg`'s anchors and scales: nothing where they are the network's own."""
    own = network(said.network).detector if said is not None else None
    if said is None or said.detector is None or own is None:
        return {}
    return other_than(own, said.detector)


def other_than(own: Detector, found: Detector) -> dict[str, Any]:
    """What a record says of a detector's anchors and scales: nothing where they are those of its own."""
    return {} if _data(found) == _data(own) else {KEY: _data(found)}


def with_levels(own: Detector, data: Mapping[str, Any]) -> Detector:
    """The detector with the anchors and scales that a file carries, else its own.

    Raises FileError where they are for other levels, or no numbers.
    """
    said = data.get(KEY)
    if said is None:
        return own
    try:
        levels = tuple(_level(entry, level) for entry, level in zip(said, own.levels, strict=True))
    except (TypeError, ValueError):
        raise FileError(f"what the file says of its detector's anchors has no meaning: {str(said)[:80]}") from None
    return replace(own, levels=levels)


def _data(detector: Detector) -> list[Any]:
    """[scale, [[width, height], ...]] of each level."""
    return [[float(level.scale), [[float(a), float(b)] for a, b in level.anchors]] for level in detector.levels]


def _level(entry: Any, own: Level) -> Level:
    scale, anchors = entry
    found = tuple((float(width), float(height)) for width, height in anchors)
    if len(found) != len(own.anchors) or not all(map(_positive, (scale, *sum(found, ())))):
        raise ValueError
    return replace(own, anchors=found, scale=float(scale))


def _positive(number: Any) -> bool:
    return type(number) in (int, float) and math.isfinite(number) and number > 0
