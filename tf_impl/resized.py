"""A copy of a Keras model for images of another size."""

from __future__ import annotations

from typing import Any

import keras
from keras.src.saving.serialization_lib import SafeModeScope


def other_size(model: keras.Model, height: int, width: int) -> keras.Model | None:
    """A copy for images of another size; None where a layer has weights or a shape for its size alone."""
    try:
        with SafeModeScope(safe_mode=False):  # what is somebody's own in it has been run already: no file is read
            copy = type(model).from_config(_resized(model.get_config(), (height, width)))
        copy.set_weights(model.get_weights())
    except Exception:  # noqa: BLE001 - whatever a layer raises where its weights do not fit
        return None
    return copy


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
