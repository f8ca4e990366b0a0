"""How faults are put into a Keras model: it is made again, with one layer otherwise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

Call = Callable[..., Any]


def again(model: keras.Model, config: Callable[[Any], dict[str, Any]], call: Call | None = None) -> keras.Model:
    """The model with other configs of its layers, or other calls, and with its weights where they fit."""
    copy = keras.models.clone_model(
        model,
        clone_function=lambda layer: type(layer).from_config(config(layer)),
        call_function=call or (lambda layer, *given, **more: layer(*given, **more)),
    )
    known = {layer.name: layer for layer in model.layers}
    for layer in copy.layers:
        own = known[layer.name].get_weights() if layer.name in known else []
        for variable, array in zip(layer.weights, own, strict=False):
            if variable.shape == array.shape:
                variable.assign(array)
    return copy


def edited(model: keras.Model, name: str, **settings: Any) -> keras.Model:
    """With other settings of one layer."""
    return again(model, lambda layer: {**layer.get_config(), **(settings if layer.name == name else {})})


def without(model: keras.Model, name: str) -> keras.Model:
    """Without one layer."""
    return _called(model, name, lambda layer, given: given)


def after(model: keras.Model, name: str, more: Call) -> keras.Model:
    """With something more after one layer."""
    return _called(model, name, lambda layer, given: more(layer(given)))


def instead(model: keras.Model, name: str, other: Call) -> keras.Model:
    """With something else in the place of one layer."""
    return _called(model, name, lambda layer, given: other(given))


def _called(model: keras.Model, name: str, way: Call) -> keras.Model:
    def call(layer: Any, *given: Any, **more: Any) -> Any:
        return way(layer, given[0]) if layer.name == name else layer(*given, **more)

    return again(model, lambda layer: layer.get_config(), call)


def changed(model: keras.Model, name: str, variable: str, change: Callable[[Any], Any]) -> keras.Model:
    """With other numbers in one variable."""
    found = getattr(model.get_layer(name), variable)
    found.assign(change(np.array(found)))
    return model
