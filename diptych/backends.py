"""The frameworks by name, imported on first use.

Importing diptych imports no framework; a test holds it, and another imports all of `common` with the frameworks
blocked.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from typing import cast

from .common.backend import Backend
from .common.errors import DiptychError, NotInstalled
from .common.language import message
from .common.text import NAME, printable

NAMES = {"torch": "torch_impl", "tf": "tf_impl"}
ALIASES = {"pytorch": "torch", "pt": "torch", "tensorflow": "tf", "tf2": "tf", "tensorflow2": "tf", "keras": "tf"}
NEEDS = {"torch": ("torch",), "tf": ("tensorflow", "keras")}


def key_of(name: str) -> str:
    """The key "torch" or "tf" of any name of a framework; raises DiptychError for an unknown one.

    >>> key_of("keras"), key_of("tensorflow"), key_of("pytorch")
    ('tf', 'tf', 'torch')
    """
    said = name.lower() if isinstance(name, str) else ""
    key = ALIASES.get(said, said)
    if key not in NAMES:
        shown = printable(repr(name), NAME)
        raise DiptychError(f"there is no framework {shown}; use 'torch' or 'tf' ('keras' means the same as 'tf')")
    return key


def get(name: str) -> Backend:
    """The backend of a framework; raises DiptychError for an unknown name or a framework that is not installed."""
    key = key_of(name)
    if key == "tf":
        os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    try:
        module = importlib.import_module(f".{NAMES[key]}.backend", __package__)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in NEEDS[key]:
            raise
        raise NotInstalled(
            message("{name} is not installed; install it with `pip install 'diptych[{key}]'`", name=error.name, key=key)
        ) from None
    return cast(Backend, module)


def is_model(thing: object) -> bool:
    """Whether this is a model of one of the frameworks."""
    try:
        return bool(framework_of(thing))
    except DiptychError:
        return False


def framework_of(model: object) -> str:
    """Which framework a model belongs to; raises DiptychError for anything else."""
    homes = {cls.__module__.partition(".")[0] for cls in type(model).__mro__}
    for name, modules in NEEDS.items():
        if homes & set(modules):
            return name
    kind = f"{type(model).__module__}.{type(model).__name__}"
    raise DiptychError(f"expected a torch.nn.Module or a keras.Model, got {kind}{_advice(model)}")


def _advice(thing: object) -> str:
    """What to do with what is no model, but leads to one."""
    if isinstance(thing, Mapping):
        return "; a state dict is read from a file: torch.save(state_dict, 'in.pth'), and name 'in.pth'"
    return f"; diptych.read({str(thing)!r}) reads a file" if isinstance(thing, os.PathLike) else ""
