"""Layer normalisation as nn.LayerNorm, which normalises the last axes: a map's channels are moved there and back.

See `diptych traps`: `layer_norm_epsilon`, `layer_norm_axes`.
"""

from __future__ import annotations

from ...common.lowering import Lowering, Make, given
from ...common.ops.layer_norm import LayerNorm
from ...common.spec import Shape

DEFAULTS = {"eps": 1e-5, "elementwise_affine": True, "bias": True}


def layer_norm(op: LayerNorm, x: Shape) -> Lowering:
    """nn.LayerNorm(features) of a vector, nn.LayerNorm((C, H, W)) of a map, LayerNorm2d(channels) at each place."""
    how = {"bias": op.bias} if op.scale else {"elementwise_affine": False}
    rest = given(DEFAULTS, eps=op.eps, **how)
    if op.over == "map":
        return Lowering((Make("nn.LayerNorm", (x,), rest),))
    if len(x) == 1:
        return Lowering((Make("nn.LayerNorm", (x[0],), rest),))
    return Lowering((Make("LayerNorm2d", (x[0],), rest),), helpers=("layer_norm2d",))
