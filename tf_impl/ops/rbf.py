"""Euclidean radial basis functions of built-in parts; a frozen layers.Embedding holds the prototypes."""

from __future__ import annotations

from typing import Any

from ...common.form import Form, Make, Slot
from ...common.ops.rbf import Rbf
from ...common.spec import Shape


def rbf_distance(x: Any, classes: int, *, name: str, dtype: str) -> Any:
    """Squared distances of a vector from the rows of an embedding, all of which are looked up for each image."""
    from keras import layers, ops

    # A functional model applies a layer to symbolic values only, so the indices 0, 1, 2, ... are made from x.
    ones = ops.ones_like(ops.repeat(x[:, :1], classes, axis=1), dtype="int32")
    prototypes = layers.Embedding(classes, x.shape[-1], trainable=False, name=name, dtype=dtype)
    return ops.sum(ops.square(ops.expand_dims(x, 1) - prototypes(ops.cumsum(ones, axis=1) - 1)), axis=2)


def rbf(op: Rbf, x: Shape) -> Form:
    """The helper names the layer that holds the prototypes after the node."""
    make = Make("rbf_distance", (int(op.prototypes),), layer=False)
    return Form((make,), slots=(Slot("prototypes", "embeddings", "O I"),), helpers=(rbf_distance,))
