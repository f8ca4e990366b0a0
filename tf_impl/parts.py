"""What a functional model says with built-in layers and keras.ops, so that its file loads without diptych.

A frozen layers.Embedding holds the prototypes of LeNet-5; a parameter is the offset that a normalisation adds to zeros.
So is a weight that Keras has no layer for (`kept`): each is a layer of its own, named after the node and the weight.
"""

from __future__ import annotations

from typing import Any

from keras import layers, ops

from .helpers.std_conv2d import std_conv


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


def kept(x: Any, size: tuple[int, ...], *, name: str, dtype: str) -> Any:
    """A weight of this shape as a value: the offset of a normalisation of zeros (1, *size), made from the batch x."""
    zero = ops.reshape(
        ops.zeros_like(x[:1, ..., :1] if len(x.shape) == 2 else x[:1, :1, :1, :1]), (1,) * (len(size) + 1)
    )
    axes = list(range(1, len(size) + 1))
    offset = layers.LayerNormalization(axis=axes, scale=False, name=name, dtype=dtype)
    return offset(ops.tile(zero, (1, *size)))[0]


def standardised_conv(
    x: Any,
    inputs: int,
    channels: int,
    kernel: tuple[int, int],
    groups: int = 1,
    use_bias: bool = True,
    gain: bool = False,
    *,
    name: str,
    dtype: str,
    **how: Any,
) -> Any:
    """A convolution by standardised kernels, of which `name` is that of the layer with the weight."""
    node = name.rpartition(".")[0]
    weight = kept(x, (*kernel, inputs // groups, channels), name=name, dtype=dtype)
    bias = kept(x, (channels,), name=f"{node}.bias", dtype=dtype) if use_bias else None
    gains = kept(x, (channels,), name=f"{node}.gain", dtype=dtype) if gain else None
    return std_conv(x, weight, bias, gains, groups, **how)
