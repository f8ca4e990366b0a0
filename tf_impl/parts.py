"""What a functional model says with built-in layers and keras.ops, so that its file loads without diptych.

A frozen layers.Embedding holds the prototypes of LeNet-5; a parameter is the offset that a normalisation adds to zeros.
So is a weight that Keras has no layer for (`kept`): each is a layer of its own, named after the node and the weight.
"""

from __future__ import annotations

from typing import Any

from keras import layers, ops

from ..common.geometry import Pair
from .helpers import channel_conv, global_response_norm, mixed_sum, std_conv2d, transposed_conv2d

# The helpers are text for emitted files, which have no types.
CHANNEL_CONV: Any = channel_conv.channel_conv
RESPONSE_NORM: Any = global_response_norm.global_response_norm
MIXED_SUM: Any = mixed_sum.mixed_sum
STD_CONV: Any = std_conv2d.std_conv
ACROSS_GROUPS: Any = transposed_conv2d.across_groups
CROPPED: Any = transposed_conv2d.cropped


def rbf_distance(x: Any, classes: int, *, name: str, dtype: str) -> Any:
    """Squared distances of a vector from the rows of an embedding, all of which are looked up for each image."""
    # A functional model applies a layer to symbolic values only, so the indices 0, 1, 2, ... are made from x.
    ones = ops.ones_like(ops.repeat(x[:, :1], classes, axis=1), dtype="int32")
    prototypes = layers.Embedding(classes, x.shape[-1], trainable=False, name=name, dtype=dtype)
    return ops.sum(ops.square(ops.expand_dims(x, 1) - prototypes(ops.cumsum(ones, axis=1) - 1)), axis=2)


def zeros(x: Any, size: tuple[int, ...]) -> Any:
    """Zeros (N, *size) for a batch x (N, H, W, C), whose numbers play no part: what a layer without an input takes."""
    zero = ops.zeros_like(x[:, :1, :1, :1] if len(size) == 3 else x[:, 0, 0, :1])
    return ops.tile(zero, (1, *size))


def kept(x: Any, size: tuple[int, ...], *, name: str, dtype: str, trainable: bool = True) -> Any:
    """A weight of this shape as a value: the offset of a normalisation of zeros (1, *size), made from the batch x."""
    zero = ops.reshape(
        ops.zeros_like(x[:1, ..., :1] if len(x.shape) == 2 else x[:1, :1, :1, :1]), (1,) * (len(size) + 1)
    )
    axes = list(range(1, len(size) + 1))
    offset = layers.LayerNormalization(axis=axes, scale=False, name=name, dtype=dtype, trainable=trainable)
    return offset(ops.tile(zero, (1, *size)))[0]


def standardised_conv(
    x: Any, inputs: int, channels: int, kernel: Pair, *, name: str, dtype: str, groups: int = 1, **how: Any
) -> Any:
    """A convolution by standardised kernels, of which `name` is that of the layer with the weight."""
    bias, gain = how.pop("use_bias", True), how.pop("gain", False)
    weight = kept(x, (*kernel, inputs // groups, channels), name=name, dtype=dtype)
    offset = _beside(x, channels, name, "bias", dtype) if bias else None
    factor = _beside(x, channels, name, "gain", dtype) if gain else None
    return STD_CONV(x, weight, offset, factor, groups, **how)


def transposed_convolution(
    x: Any,
    inputs: int,
    channels: int,
    kernel: Pair,
    strides: Pair,
    padding: Pair,
    output_padding: Pair,
    groups: int,
    bias: bool,
    *,
    name: str,
    dtype: str,
) -> Any:
    """A transposed convolution, of which `name` is that of the layer with the weight."""
    if groups == 1:
        spread = layers.Conv2DTranspose(channels, kernel, strides, use_bias=False, name=name, dtype=dtype)(x)
    else:
        weight = kept(x, (*kernel, channels // groups, inputs), name=name, dtype=dtype)
        spread = _spread(x, ACROSS_GROUPS(weight, groups), kernel, strides)
    y = CROPPED(spread, x.shape, kernel, strides, padding, output_padding)
    return y + _beside(x, channels, name, "bias", dtype) if bias else y


def _spread(x: Any, weight: Any, kernel: Pair, strides: Pair) -> Any:
    """A transposed convolution as a convolution of the map with zeros between its rows and columns.

    A functional model takes no ops.conv_transpose: it exchanges two arguments (`ConvTranspose.call` in
    keras/src/ops/nn.py, Keras 3.15).
    """
    (_, h, w, c), (kh, kw), (sh, sw) = x.shape, kernel, strides
    y = ops.pad(ops.reshape(x, (-1, h, 1, w, 1, c)), ((0, 0), (0, 0), (0, sh - 1), (0, 0), (0, sw - 1), (0, 0)))
    y = ops.reshape(y, (-1, h * sh, w * sw, c))[:, : (h - 1) * sh + 1, : (w - 1) * sw + 1]
    y = ops.pad(y, ((0, 0), (kh - 1, kh - 1), (kw - 1, kw - 1), (0, 0)))
    return ops.conv(y, ops.transpose(ops.flip(weight, (0, 1)), (0, 1, 3, 2)), 1, "valid")


def convolved_channels(x: Any, kernel: int, padding: int, bias: bool = False, *, name: str, dtype: str) -> Any:
    """A convolution along the channels of a vector, of which `name` is that of the layer with the weight."""
    weight = kept(x, (kernel,), name=name, dtype=dtype)
    return CHANNEL_CONV(x, weight, _beside(x, 1, name, "bias", dtype) if bias else None, padding)


def normalised_responses(x: Any, eps: float, *, name: str, dtype: str) -> Any:
    """Global response normalisation, of which `name` is that of the layer with the weight."""
    weight = kept(x, (x.shape[-1],), name=name, dtype=dtype)
    return RESPONSE_NORM(x, weight, _beside(x, x.shape[-1], name, "bias", dtype), eps)


def mixed_maps(*maps: Any, name: str, dtype: str) -> Any:
    """The sum of the candidates of a layer, of which `name` is that of the layer with theta; no other is trained."""
    count = len(maps)
    theta = kept(maps[0], (count,), name=name, dtype=dtype)
    gumbel = _beside(maps[0], count, name, "gumbel", dtype, trainable=False)
    temperature = _beside(maps[0], 1, name, "temperature", dtype, trainable=False)
    return MIXED_SUM(maps, theta, gumbel, temperature)


def _beside(x: Any, count: int, name: str, kind: str, dtype: str, trainable: bool = True) -> Any:
    """A vector that is kept beside another weight of the same node, which has this name."""
    return kept(x, (count,), name=f"{name.rpartition('.')[0]}.{kind}", dtype=dtype, trainable=trainable)
