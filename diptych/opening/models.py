"""A model that runs, of what a person names: somebody's code, a file of a whole model, or weights that say which."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .. import backends
from ..api import build
from ..common.importing.imported import Imported
from ..files import read as checkpoint
from ..reading import read
from .code import is_code, model_of
from .named import Asked, example_of, is_own


def opened(text: str, asked: Asked) -> Any:
    """The model of FILE.py:FUNCTION or of a file; a registered name as it is, for it has no weights of its own.

    A file of Keras is run by Keras where its config names layers of Keras alone; every other file is built of what is
    read of it, in PyTorch, or in Keras where it is one of Keras's.
    """
    if is_code(text):
        return model_of(text)
    if not is_own(text):
        return text
    path = Path(text)
    framework = "tf" if path.name.lower().endswith((".keras", ".h5")) else "torch"
    result: Imported = read(path, example_of(asked, framework))
    model = by_keras(getattr(checkpoint(path), "model", None), path) if framework == "tf" else None
    return model or build(result.net, framework, weights=result.weights)


def by_keras(config: Mapping[str, Any] | None, path: Path) -> Any:
    """The model of a file, of this config, as Keras itself makes it; None where that would run code of the file."""
    if config is None:
        return None
    backends.get("tf")
    home = importlib.import_module(f"..{backends.NAMES['tf']}.original", __package__)
    model = home.of_config(config)
    if model is None:
        return None
    try:
        model.load_weights(path)
    except Exception:  # noqa: BLE001 - what Keras does not load, nobody holds to what was read
        return None
    return model
