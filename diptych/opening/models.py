"""A model that runs, of what a person names: somebody's code, a file of a whole model, or weights that say which."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from .. import backends
from ..api import build
from ..common.importing.imported import Imported
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
    return (framework == "tf" and _of_keras(path)) or build(result.net, framework, weights=result.weights)


def _of_keras(path: Path) -> Any:
    """The model of a file as Keras itself makes it; None where that would run code of the file."""
    from ..files import read as checkpoint

    backends.get("tf")
    home = importlib.import_module(f"..{backends.NAMES['tf']}.original", __package__)
    model = home.of_config(getattr(checkpoint(path), "model", None) or {})
    if model is None:
        return None
    try:
        model.load_weights(path)
    except Exception:  # noqa: BLE001 - what Keras does not load is built of what was read
        return None
    return model
