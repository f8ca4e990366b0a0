"""The functions and layers of a Keras model that run by themselves: those without weights, in float64."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.src.models.functional import Functional

Run = Callable[[Sequence[Any], Mapping[str, Any]], list[Any]]


def operations(model: keras.Model, outer: str = "") -> Iterator[tuple[str, Run]]:
    """Each of them, by "outer/inner", as what makes arrays of arguments."""
    for item in model.operations if isinstance(model, Functional) else model.layers:
        path = f"{outer}{item.name}"
        if isinstance(item, keras.Model):
            yield from operations(item, f"{path}/")
        elif not isinstance(item, keras.Layer):
            yield path, _run(item.call)
        elif not item.weights and (call := _of_layer(item)) is not None:
            yield path, _run(call)


def _of_layer(layer: keras.Layer) -> Callable[..., Any] | None:
    """What a layer computes, in float64; None where no copy of it can be made."""
    if isinstance(layer, keras.layers.Lambda):
        return lambda *args, **named: layer.function(*args, **{**layer.arguments, **named})
    if layer.compute_dtype == "float64":
        return layer.call
    try:
        copy = type(layer).from_config({**layer.get_config(), "dtype": "float64"})
    except Exception:  # noqa: BLE001 - whatever a layer of somebody's own raises when it is made from its config
        return None
    call: Callable[..., Any] = copy
    return call


def _run(call: Callable[..., Any]) -> Run:
    def run(args: Sequence[Any], named: Mapping[str, Any]) -> list[Any]:
        try:
            made = _called(call, args, named, None)
        except tf.errors.InvalidArgumentError:  # some functions take no float64
            made = _called(call, args, named, tf.float32)
        except tf.errors.OpError as error:
            raise ValueError(str(error)) from error
        return [_array(item) for item in (made if isinstance(made, (list, tuple)) else [made])]

    return run


def _array(item: Any) -> Any:
    array = np.asarray(item)
    return array.astype(np.float64) if array.dtype.kind == "f" else array


def _called(call: Callable[..., Any], args: Sequence[Any], named: Mapping[str, Any], kind: Any) -> Any:
    return call(*(_tensors(item, kind) for item in args), **{key: _tensors(item, kind) for key, item in named.items()})


def _tensors(given: Any, kind: Any) -> Any:
    """Arrays in arguments as tensors, fractions in another precision where one is asked for."""
    if isinstance(given, np.ndarray):
        return tf.constant(given, kind if given.dtype.kind == "f" else None)
    return [_tensors(item, kind) for item in given] if isinstance(given, list) else given
