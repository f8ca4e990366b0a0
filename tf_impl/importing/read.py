"""Read a Keras model: its config as Keras writes it, and the variables of its layers."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from types import FunctionType
from typing import Any, TypeGuard

import keras
import numpy as np
from keras.src.models.functional import Functional

from ...common.errors import DiptychError
from ...common.importing.imported import Imported
from ...common.importing.keras import read as configs
from ...common.spec import Array
from ...common.text import NAME, printable
from .dispatched import dispatched
from .held import HeldWeight
from .inlined import by_way, inlined, refuse_fresh, somebodys
from .lines import lines_of, noted
from .operations import operations

OWN = ("keras", "tensorflow")
"""Whose functions may be activations: a config has their names alone."""
CALLED = {"exp": "exponential", "log_softmax_v2": "log_softmax", "softmax_v2": "softmax", "swish": "silu"}
"""What TensorFlow's functions are called by themselves -> their names in Keras, where these are others."""


def read(model: keras.Model, example: Any, one_size: bool = False, opaque: bool = False) -> Imported:
    """The Net and the weights of a Keras model, as in evaluation; raises DiptychError with all that is in the way.

    The example is a batch (N, H, W, C), of which the shape alone counts; a model that states its size needs none. What
    no op says runs as it is where that is `opaque`, and the Net is for a comparison alone.
    """
    name, size = type(model).__name__ if not model.name else model.name, configs.size_of(example)
    if not isinstance(model, keras.Model):
        raise DiptychError(f"expected a keras.Model, got the layer {printable(str(name), NAME)}")
    # The `call` of a model may have functions of TensorFlow between layers that are all of Keras.
    with inlined(model) if by_way(model) else dispatched():
        return _plain(model, example, name, size, opaque)


def _plain(model: keras.Model, example: Any, name: str, size: tuple[int, int] | None, opaque: bool) -> Imported:
    with noted():
        plain, entry = _stated(model, example, name)
    own = not isinstance(model, Functional | keras.Sequential)
    foreign, functions = dict(_foreign(plain, "")), dict(_functions(plain, ""))
    calls, lines = dict(operations(plain)) if opaque else None, dict(lines_of(plain))
    held = frozenset(layer.name for layer in plain.layers if isinstance(layer, HeldWeight))
    return configs.read(entry, dict(_arrays(plain, "")), name, size, foreign, own, functions, calls, lines, held)


def _stated(model: keras.Model, example: Any, name: str) -> tuple[keras.Model, dict[str, Any]]:
    """The model as one of layers, with its config: a functional one or a chain as it is, another by a symbolic call."""
    if isinstance(model, keras.Sequential) and not model.built and example is not None:
        model.build(tuple(example.shape))
    whole = not any(map(somebodys, model.layers))
    if type(model) in (Functional, keras.Sequential) and whole:
        return model, _config(model, name)
    if isinstance(model, Functional) and type(model).call is Functional.call and whole:
        plain = keras.Model(model._inputs_struct, model._outputs_struct, name=model.name)
        return plain, _config(plain, name)
    if example is None and getattr(model, "inputs", None):
        example = np.zeros((1, *(item or configs.SIZE for item in model.inputs[0].shape[1:])), np.float32)
    if example is None:
        raise DiptychError(f"{name} is a class of its own; give a batch of images (N, H, W, C) as an example "
                           "(--example 1x224x224x3)")  # fmt: skip
    layers = [layer for layer in model._flatten_layers() if layer is not model]
    counts = [(layer, len(layer._inbound_nodes), len(layer._outbound_nodes)) for layer in layers]
    image = keras.Input(tuple(example.shape[1:]), dtype=model.compute_dtype)
    evaluated = {"training": False} if "training" in inspect.signature(model.call).parameters else {}
    try:
        plain = keras.Model(image, model.call(image, **evaluated), name=model.name)
        refuse_fresh(plain, model)
        return plain, _config(plain, name)
    except DiptychError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever the code of a model raises
        said = printable(f"{type(error).__name__}: {error}", 300)
        raise DiptychError(f"{name} cannot be called on a symbol, as its layers would be: {said}") from None
    finally:
        for layer, inbound, outbound in counts:
            del layer._inbound_nodes[inbound:], layer._outbound_nodes[outbound:]


def _config(model: keras.Model, name: str) -> dict[str, Any]:
    """The config as it stands in a file."""
    own = keras.layers.Lambda.get_config
    keras.layers.Lambda.get_config = _without_code  # which is not read, and may hold anything
    try:
        found: dict[str, Any] = json.loads(json.dumps(keras.saving.serialize_keras_object(model)))
    except (NotImplementedError, TypeError, ValueError) as error:
        raise DiptychError(f"{name} has a layer that says no config: {printable(str(error), 300)}") from None
    finally:
        keras.layers.Lambda.get_config = own
    return found


def _without_code(layer: Any) -> dict[str, Any]:
    return {"name": layer.name, "trainable": layer.trainable, "dtype": layer.dtype_policy.name}


def _foreign(model: keras.Model, outer: str) -> Iterator[tuple[str, str]]:
    """Layers that are not Keras's own, or have a function that is not: in a config they may have Keras's names."""
    for layer in model.operations if isinstance(model, Functional) else model.layers:
        path, home = f"{outer}{layer.name}", type(layer).__module__
        function = getattr(layer, "activation", None)
        if isinstance(layer, keras.Model):
            yield from _foreign(layer, f"{path}/")
        elif not isinstance(layer, HeldWeight) and home.partition(".")[0] != "keras":
            yield path, f"a class of {printable(home, NAME)}"
        elif isinstance(function, FunctionType) and not _is_own(function):
            yield path, f"with an activation of its own, {function.__name__!r}"


def _is_own(function: Any) -> TypeGuard[FunctionType]:
    return isinstance(function, FunctionType) and function.__module__.partition(".")[0] in OWN


def _functions(model: keras.Model, outer: str) -> Iterator[tuple[str, str]]:
    """Layers whose activation is a function of TensorFlow that a config calls by a name of its own."""
    for layer in model.layers:
        function, path = getattr(layer, "activation", None), f"{outer}{layer.name}"
        if isinstance(layer, keras.Model):
            yield from _functions(layer, f"{path}/")
        elif _is_own(function) and function.__name__ in CALLED:
            yield path, CALLED[function.__name__]


def _arrays(model: keras.Model, outer: str) -> Iterator[tuple[str, list[Array]]]:
    """The variables of each layer, as it would save them."""
    for layer in model.layers:
        path = f"{outer}{layer.name}"
        if isinstance(layer, keras.Model):
            yield from _arrays(layer, f"{path}/")
            continue
        if isinstance(layer, HeldWeight):
            yield path, [np.asarray(layer.variable)]
        if type(layer).__module__.partition(".")[0] != "keras":
            continue
        found: dict[str, Any] = {}
        layer.save_own_variables(found)
        arrays = [np.asarray(found[str(index)]) for index in range(len(found)) if str(index) in found]
        counted = bool(arrays) and arrays[-1].shape == () and np.issubdtype(arrays[-1].dtype, np.integer)
        yield path, arrays[:-1] if counted else arrays
