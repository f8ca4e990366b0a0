"""The settings of a Keras layer that decide what it computes, as plain data."""

from __future__ import annotations

import inspect
from typing import Any

import keras
import numpy as np
from keras.src.models.functional import Functional
from keras.src.saving.serialization_lib import SafeModeScope

from ..common.errors import DiptychError
from ..common.text import first_few

NOT_FUNCTION = ("dtype", "trainable", "initializer", "regularizer", "constraint", "seed", "batch_shape", "data_format")

WIDTHS = ("float32", "float64")
"""What is made again in another width; half precision is part of what a model computes."""


def settings(layer: Any) -> dict[str, Any]:
    """What decides the function of a layer: its class, and its config or, of a class of ours, what it was made with."""
    config = {key: value for key, value in _config(layer).items() if not any(word in key for word in NOT_FUNCTION)}
    settings = {"class": type(layer).__name__} | plain(config)
    if settings.get("padding") == "same" and set(settings.get("kernel_size", [0])) == {1}:
        settings["padding"] = "valid"  # a kernel of one pixel needs no padding, whatever the stride
    if isinstance(settings.get("axis"), int):
        settings["axis"] = [settings["axis"]]  # as a normalisation writes it, once it is built
    return settings


def _config(layer: Any) -> dict[str, Any]:
    if type(layer).__module__.startswith("keras."):
        return {key: value for key, value in layer.get_config().items() if key != "name"}
    made_with = inspect.signature(type(layer).__init__).parameters
    kinds = (int, float, str, tuple)  # and no variables, which may be called as an argument is
    return {name: value for name, value in vars(layer).items() if name in made_with and isinstance(value, kinds)}


def plain(value: Any) -> Any:
    """A value in lists in place of tuples, and integers without their expressions."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else value


def copied(model: keras.Model, dtype: str) -> keras.Model:
    """A model in memory made again in another dtype, with zeros for random numbers; raises what its layers raise.

    Functions of somebody's own that are part of it have been run already: no file is read here.
    """
    classes = {type(layer).__name__: type(layer) for layer in model._flatten_layers()}
    own = {name: _reviving(kind) for name, kind in classes.items() if kind.__module__.partition(".")[0] != "keras"}
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(dtype)  # for layers that the code of another makes
    try:
        with SafeModeScope(safe_mode=False), keras.saving.custom_object_scope(own):
            config = recast(model.get_config(), dtype)
            if isinstance(model, Functional | keras.Sequential):
                copy = type(model).from_config(config)
            else:  # a class, which makes its layers itself and their weights when it is called
                copy = revived(type(model), config)
                _named_alike(model, copy)  # before they are built, so that variables have the same paths, too
                copy(np.zeros(model.get_build_config()["input_shape"], dtype))
                _named_alike(model, copy)
    finally:
        keras.config.set_dtype_policy(before)
    if other := [
        layer.name for layer in copy._flatten_layers() if layer.compute_dtype in WIDTHS and layer.compute_dtype != dtype
    ]:
        raise DiptychError(f"layers of {model.name} compute in another type than {dtype}: {first_few(other, 4)}")
    return copy


def _named_alike(model: keras.Model, copy: keras.Model) -> None:
    """Give a copy and its layers the names of the model: Keras counts on where nobody names a layer."""
    copy.name = model.name
    ours, theirs = (
        [layer for layer in item._flatten_layers(include_self=False) if not isinstance(layer, keras.layers.InputLayer)]
        for item in (model, copy)
    )
    if list(map(type, ours)) == list(map(type, theirs)):
        for one, other in zip(ours, theirs, strict=True):
            other.name = one.name


def revived(kind: type[Any], config: dict[str, Any]) -> Any:
    """A layer or a model of somebody's own by its config, of which its class may not take all that Keras adds."""
    taken = inspect.signature(kind.__init__).parameters.values()
    every = any(item.kind is item.VAR_KEYWORD for item in taken)
    made = kind(**(config if every else {item.name: config[item.name] for item in taken if item.name in config}))
    if "name" in config and made.name != config["name"]:
        made.name = config["name"]
    return made


def _reviving(kind: type[Any]) -> type[Any]:
    """The class, made of its config as `revived` has it where it says no way of its own."""
    if vars(kind).get("from_config") is not None:
        return kind
    return type(kind.__name__, (kind,), {"from_config": classmethod(lambda _, config: revived(kind, config))})


def recast(config: Any, dtype: str) -> Any:
    """A config of layers in another dtype, with zeros for random numbers: weights are set right after."""
    if isinstance(config, dict):
        if config.get("module") == "keras.initializers":
            # Drawing random numbers takes longer than all the rest.
            return {"module": "keras.initializers", "class_name": "Zeros", "config": {}, "registered_name": None}
        tensor = "batch_shape" in config or "keras_history" in config  # which has no mixed precision
        own = "float32" if tensor and dtype.startswith("mixed") else dtype
        return {key: _dtype(key, value, own) for key, value in config.items()}
    return type(config)(recast(item, dtype) for item in config) if isinstance(config, (list, tuple)) else config


def _dtype(key: str, value: Any, dtype: str) -> Any:
    if key in ("dtype", "name") and value in (*WIDTHS, "mixed_bfloat16"):
        return dtype
    return recast(value, dtype)
