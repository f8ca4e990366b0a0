"""Normalisation by the root mean square as nn.RMSNorm, which normalises the last axis.

See `diptych traps`: `layer_norm_axes`.
"""

from __future__ import annotations

from ...common.lowering import Lowering, Make
from ...common.ops.rms_norm import RmsNorm
from ...common.spec import Shape


def rms_norm(op: RmsNorm, x: Shape) -> Lowering:
    """nn.RMSNorm(features, eps=...) of a vector, RMSNorm2d(channels, eps=...) of a map."""
    # Where none is given, PyTorch takes the smallest step of the dtype.
    target = "nn.RMSNorm" if len(x) == 1 else "RMSNorm2d"
    return Lowering((Make(target, (x[0],), {"eps": op.eps}),), helpers=("rms_norm2d",))
