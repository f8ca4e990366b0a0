"""A copy of a Keras model for images of another size."""

from __future__ import annotations

from typing import Any

import keras
from keras.src.saving.serialization_lib import SafeModeScope


def other_size(model: keras.Model, height: int, width: int) -> keras.Model | None:
    """A copy for images of another size with the same variables; None where a layer is for its size alone."""
    try:
        with SafeModeScope(safe_mode=False):  # what is somebody's own in it has been run already: no file is read
            copy = type(model).from_config(_resized(model.get_config(), (height, width)))
        for variable, own in zip(copy.weights, model.weights, strict=True):
            _share(variable, own)
    except Exception:  # noqa: BLE001 - whatever a layer raises where its weights do not fit
        return None
    return copy


def _share(variable: Any, own: Any) -> None:
    """Let a variable of a copy be that of the model: its numbers are no second ones."""
    if variable.shape != own.shape or variable.dtype != own.dtype:
        raise ValueError(f"{variable.path} is {variable.dtype} {variable.shape}, not {own.dtype} {own.shape}")
    variable._value = own.value


def _resized(config: Any, size: tuple[int, int] | tuple[None, None]) -> Any:
    """A config whose images have another size, and those of models inside any."""
    if not isinstance(config, dict):
        return type(config)(_resized(item, size) for item in config) if isinstance(config, (list, tuple)) else config
    inner = {
        key: _resized(value, (None, None) if config.get("class_name") in ("Functional", "Sequential") else size)
        for key, value in config.items()
        if key != "build_config"
    }
    stated = inner.get("batch_shape")
    return {**inner, "batch_shape": (stated[0], *size, *stated[3:])} if stated and len(stated) == 4 else inner
