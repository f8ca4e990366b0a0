"""The mean, variance or norm over places."""

from __future__ import annotations

from ...common.lowering import Lowering, Make
from ...common.ops.place_reduce import PlaceReduce
from ...common.spec import Shape


def place_reduce(op: PlaceReduce, x: Shape) -> Lowering:
    """PlaceReduce(how, groups)."""
    args = (op.how,) if op.groups is None else (op.how, op.groups)
    return Lowering((Make("PlaceReduce", args),), helpers=("place_reduce",))
