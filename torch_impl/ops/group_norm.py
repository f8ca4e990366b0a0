"""Group normalisation as nn.GroupNorm, which at a group for each channel is nn.InstanceNorm2d.

See `diptych traps`: `group_norm_epsilon`.
"""

from __future__ import annotations

from ...common.lowering import Lowering, Make, given
from ...common.ops.group_norm import GroupNorm
from ...common.spec import Shape


def group_norm(op: GroupNorm, x: Shape) -> Lowering:
    """nn.GroupNorm(groups, channels, eps=..., affine=...)."""
    rest = given({"eps": 1e-5, "affine": True}, eps=op.eps, affine=op.affine)
    return Lowering((Make("nn.GroupNorm", (op.groups, x[0]), rest),))
