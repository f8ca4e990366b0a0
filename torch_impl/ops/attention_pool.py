"""The sum of a map over its places, each with a weight, written out."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X, Y
from ...common.ops.attention_pool import AttentionPool
from ...common.spec import Shape


def attention_pool(op: AttentionPool, x: Shape, weights: Shape) -> Lowering:
    """A helper function of both maps."""
    helper = "attention_pool"
    return Lowering((Make(helper, layer=False),), function=Function(helper, (X, Y)), helpers=(helper,))
