"""Layers and transitions of DenseNet-BC (Huang, Liu, van der Maaten & Weinberger 2017), figures 1 and 2."""

from __future__ import annotations

from ..ops.avg_pool import avg_pool
from ..ops.concat import concat
from ..ops.conv import conv
from ..ops.relu import relu
from ..trace import Value, block, sequence
from .conv_norm import TORCH, Style


@block
def dense_layer(x: Value, growth: int, style: Style = TORCH) -> Value:
    """BN-ReLU-Conv 1x1, BN-ReLU-Conv 3x3 (DenseNet-B), put after all the maps before (equation 2)."""
    y = conv(relu(style.norm(x, "norm1"), name="relu1"), 4 * growth, 1, bias=False, name="conv1")
    y = conv(relu(style.norm(y, "norm2"), name="relu2"), growth, 3, pad=1, bias=False, name="conv2")
    return concat([x, y])


@sequence
def transition(x: Value, style: Style = TORCH) -> Value:
    """Half the channels (DenseNet-C) and half the size."""
    x = relu(style.norm(x, "norm"), name="relu")
    return avg_pool(conv(x, x.channels // 2, 1, bias=False, name="conv"), 2, name="pool")
