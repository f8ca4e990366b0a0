"""The mean, maximum, sum or variance over channels."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.channel_reduce import ChannelReduce
from ...common.spec import Shape

FUNCTIONS = {"mean": "torch.mean", "max": "torch.amax", "sum": "torch.sum"}


def channel_reduce(op: ChannelReduce, x: Shape) -> Lowering:
    """torch.mean and its like over all channels; ChannelReduce(how, groups) in a chain and elsewhere."""
    plain = op.groups is None and op.how in FUNCTIONS
    function = Function(FUNCTIONS[op.how], (X, 1), {"keepdim": True}) if plain else None
    args = (op.how,) if op.groups is None else (op.how, op.groups)
    return Lowering((Make("ChannelReduce", args),), function=function, helpers=("channel_reduce",))
