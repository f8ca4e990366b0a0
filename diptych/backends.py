"""The frameworks by name, imported on first use.

Importing diptych imports no framework; a test holds it, and another imports all of `common` with the frameworks
blocked.
"""

from __future__ import annotations

import importlib
import os
from typing import cast

from .common.backend import Backend
from .common.errors import DiptychError, NotInstalled

NAMES = {"torch": "torch_impl", "tf": "tf_impl"}
ALIASES = {"pytorch": "torch", "tensorflow": "tf", "keras": "tf"}
NEEDS = {"torch": ("torch",), "tf": ("tensorflow", "keras")}


def key_of(name: str) -> str:
    """The key "torch" or "tf" of any name of a framework; raises DiptychError for an unknown one.

    >>> key_of("keras"), key_of("tensorflow"), key_of("pytorch")
    ('tf', 'tf', 'torch')
    """
    key = ALIASES.get(name, name)
    if key not in NAMES:
        raise DiptychError(f"there is no framework {name!r}; use 'torch' or 'tf' ('keras' means the same as 'tf')")
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
        raise NotInstalled(f"{error.name} is not installed; install it with `pip install 'diptych[{key}]'`") from None
    return cast(Backend, module)


def framework_of(model: object) -> str:
    """Which framework a model belongs to; raises DiptychError for anything else."""
    homes = {cls.__module__.partition(".")[0] for cls in type(model).__mro__}
    for name, modules in NEEDS.items():
        if homes & set(modules):
            return name
    kind = f"{type(model).__module__}.{type(model).__name__}"
    raise DiptychError(f"expected a torch.nn.Module or a keras.Model, got {kind}")
