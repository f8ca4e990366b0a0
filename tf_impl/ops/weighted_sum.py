"""A normalised weighted sum of maps, written out."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, Operand
from ...common.ops.weighted_sum import WeightedSum
from ...common.spec import Shape

HELPERS = {"fast": "fast_weighted_sum", "softmax": "softmax_weighted_sum", "sum": "plain_sum"}


def weighted_sum(op: WeightedSum, *shapes: Shape) -> Lowering:
    """A helper function that takes the weights, where there are any, and then the maps."""
    helper, rest = HELPERS[op.mode], {"eps": op.eps} if op.mode == "fast" else {}
    values = tuple(Operand(place) for place in range(len(shapes)))
    make = Make(helper, (), rest, layer=False)
    return Lowering((make,), function=Function(helper, values, rest), helpers=(helper,))
