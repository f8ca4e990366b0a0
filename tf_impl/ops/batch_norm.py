"""Batch normalisation as layers.BatchNormalization; Keras writes the biased variance to its moving statistics.

See `diptych traps`: `batch_norm_running_variance`, `batch_norm_momentum`.
"""

from __future__ import annotations

from ...common.lowering import Lowering, Make, Slot, given
from ...common.ops.batch_norm import BatchNorm
from ...common.spec import Shape


def batch_norm(op: BatchNorm, x: Shape) -> Lowering:
    """layers.BatchNormalization(epsilon=..., momentum=...); Keras's momentum is the complement of torch's."""
    momentum = round(1 - op.momentum, 12)
    rest = given({"momentum": 0.99, "epsilon": 1e-3, "scale": True}, momentum=momentum, epsilon=op.eps, scale=op.scale)
    gamma = (Slot("weight", "gamma", "C"),) if op.scale else ()
    rest_slots = (Slot("bias", "beta", "C"), Slot("running_mean", "moving_mean", "C"))
    return Lowering(
        (Make("layers.BatchNormalization", (), rest),),
        slots=(*gamma, *rest_slots, Slot("running_var", "moving_variance", "C")),
    )
