"""The blocks of RepVGG (Ding, Zhang, Ma, Han, Ding & Sun 2021, figure 4): those to be trained, and what is deployed.

`diptych.reparameterize` takes the weights of the former to the latter.
"""

from __future__ import annotations

from ..ops.batch_norm import batch_norm
from ..ops.conv import conv
from ..ops.relu import relu
from ..trace import Value, block


@block
def conv_bn(x: Value, width: int, kernel: int, stride: int = 1, groups: int = 1) -> Value:
    """Convolution and batch normalisation."""
    x = conv(x, width, kernel, stride=stride, pad=kernel // 2, groups=groups, bias=False, name="conv")
    return batch_norm(x, name="bn")


def _branches(x: Value, channels: int, stride: int, groups: int) -> Value:
    y = conv_bn(x, channels, 3, stride, groups, name="conv_kxk")
    return y + conv_bn(x, channels, 1, stride, groups, name="conv_1x1")


@block
def branched_block(x: Value, channels: int, stride: int = 1, groups: int = 1) -> Value:
    """The sum of a 3x3 and a 1x1 branch, where the shape changes."""
    return relu(_branches(x, channels, stride, groups))


@block
def branched_identity_block(x: Value, groups: int = 1) -> Value:
    """The sum of a 3x3, a 1x1 and an identity branch, where the shape stays."""
    y = _branches(x, x.channels, 1, groups)
    return relu(y + batch_norm(x, name="identity"))


@block
def plain_block(x: Value, channels: int, stride: int = 1, groups: int = 1) -> Value:
    """One 3x3 convolution with a bias, in which all branches are."""
    return relu(conv(x, channels, 3, stride=stride, pad=1, groups=groups, name="reparam_conv"))


def rep_vgg_block(
    x: Value, channels: int, stride: int = 1, groups: int = 1, deploy: bool = False, *, name: str | None = None
) -> Value:
    """The block that the shape and the form of the network ask for."""
    if deploy:
        return plain_block(x, channels, stride, groups, name=name)
    if stride > 1 or x.channels != channels:
        return branched_block(x, channels, stride, groups, name=name)
    return branched_identity_block(x, groups, name=name)
