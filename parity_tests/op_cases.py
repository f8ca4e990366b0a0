"""The examples of every op, which stand on the op itself, and the maps that they are traced on."""

from __future__ import annotations

from collections.abc import Callable

from diptych.common.ops import examples, kinds
from diptych.common.spec import Shape
from diptych.common.trace import Value, stack

Function = Callable[[Value], Value]
ODD: Shape = (4, 7, 5)
EVEN: Shape = (4, 6, 8)
MIXED: Shape = (4, 9, 6)
CASES: dict[str, tuple[Function, ...]] = {kind: examples(kind) for kind in kinds()}


def chained(function: Function) -> Function:
    """The same op in a chain, where it takes the form of a module."""

    def inside(x: Value) -> Value:
        with stack("chain"):
            return function(x)

    return inside
