"""Layers of Keras whose `call` is another one for a while: what they hand on is noted, and dropout is off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import keras

from ..common.comparing.given import Dropped
from .classes import every_layer, path_of

DROPOUTS = {
    keras.layers.Dropout: "dropout",
    keras.layers.SpatialDropout1D: "spatial dropout",
    keras.layers.SpatialDropout2D: "spatial dropout",
    keras.layers.SpatialDropout3D: "spatial dropout",
    keras.layers.AlphaDropout: "alpha dropout",
}


@contextmanager
def patched(calls: Mapping[Any, Any]) -> Iterator[None]:
    """With another `call` of each of these layers."""
    own = {layer: vars(layer).get("call") for layer in calls}
    for layer, call in calls.items():
        layer.call = call
    try:
        yield
    finally:
        for layer, call in own.items():
            if call is None:
                del layer.call
            else:
                layer.call = call


def drops(layer: Any) -> bool:
    """Whether a layer is dropout, or stochastic depth."""
    return type(layer) in DROPOUTS or path_of(layer) is not None


@contextmanager
def without_dropout(model: keras.Model) -> Iterator[list[Dropped]]:
    """With dropout that hands on what it is given, and is noted each time that it is called in training."""
    found: list[Dropped] = []

    def noting(layer: Any) -> Any:
        def handed_on(inputs: Any, training: bool | None = False) -> Any:
            if training and path_of(layer) is None and layer.rate:
                found.append(Dropped(kind_of(layer), float(layer.rate), layer.name))
            return inputs

        return handed_on

    with patched({layer: noting(layer) for layer in every_layer(model) if drops(layer)}):
        yield found


def kind_of(layer: Any) -> str:
    """The kind of a dropout; a `noise_shape` of ones in the middle makes it one of whole maps."""
    shape = getattr(layer, "noise_shape", None)
    spatial = type(layer) is keras.layers.Dropout and shape is not None and set(tuple(shape)[1:-1]) == {1}
    return "spatial dropout" if spatial else DROPOUTS[type(layer)]
