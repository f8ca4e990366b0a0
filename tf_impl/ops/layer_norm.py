"""Layer normalisation as layers.LayerNormalization, over the last axis, or over all of a map.

See `diptych traps`: `layer_norm_epsilon`, `layer_norm_axes`.
"""

from __future__ import annotations

from ...common.lowering import Lowering, Make, Slot, given
from ...common.ops.layer_norm import LayerNorm
from ...common.spec import Shape

DEFAULTS = {"axis": (-1,), "epsilon": 1e-3, "scale": True, "center": True}


def layer_norm(op: LayerNorm, x: Shape) -> Lowering:
    """layers.LayerNormalization(axis=..., epsilon=...)."""
    whole = op.over == "map"
    rest = given(DEFAULTS, axis=(1, 2, 3) if whole else (-1,), epsilon=op.eps, scale=op.scale, center=op.bias)
    axes = "H W C" if whole else "C"
    slots = (Slot("weight", "gamma", axes),) if op.scale else ()
    slots = (*slots, Slot("bias", "beta", axes)) if op.bias else slots
    return Lowering((Make("layers.LayerNormalization", (), rest),), slots=slots)
