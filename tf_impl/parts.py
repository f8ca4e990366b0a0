"""What a functional model says with built-in layers and keras.ops, so that its file loads without diptych.

A frozen layers.Embedding holds the prototypes of LeNet-5; a parameter is the offset that a normalisation adds to zeros.
"""

from __future__ import annotations

from typing import Any

from keras import layers, ops


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
