"""Group normalisation as layers.GroupNormalization.

See `diptych traps`: `group_norm_epsilon`.
"""

from __future__ import annotations

from ...common.lowering import Lowering, Make, Slot, given
from ...common.ops.group_norm import GroupNorm
from ...common.spec import Shape


def group_norm(op: GroupNorm, x: Shape) -> Lowering:
    """layers.GroupNormalization(groups, epsilon=..., scale=..., center=...)."""
    affine = {"scale": op.affine, "center": op.affine}
    rest = given({"epsilon": 1e-3, "scale": True, "center": True}, epsilon=op.eps, **affine)
    slots = (Slot("weight", "gamma", "C"), Slot("bias", "beta", "C")) if op.affine else ()
    return Lowering((Make("layers.GroupNormalization", (op.groups,), rest),), slots=slots)
