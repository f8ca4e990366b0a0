"""Channel shuffle as nn.ChannelShuffle."""

from __future__ import annotations

from ...common.form import Form, Make
from ...common.ops.channel_shuffle import ChannelShuffle
from ...common.spec import Shape


def channel_shuffle(op: ChannelShuffle, x: Shape) -> Form:
    """nn.ChannelShuffle(groups)."""
    return Form((Make("nn.ChannelShuffle", (op.groups,)),))
