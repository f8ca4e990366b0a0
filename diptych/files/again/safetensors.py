"""safetensors files by the safetensors package, which is written in Rust."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

from ...common.spec import Array
from . import Again, Key, Lazy


def read(path: Path) -> Again:
    """The tensors of a file by name."""
    from safetensors import SafetensorError, safe_open

    try:
        file: Any = safe_open(str(path), framework="numpy")
    except SafetensorError as error:
        raise ValueError(str(error)) from None

    def get(key: Key) -> Array:
        found: Array = file.get_tensor(key[0])
        return found

    names: dict[Key, None] = {(name,): None for name in file.keys()}  # noqa: SIM118 - it is no mapping
    return Again(Lazy(names, get), f"the safetensors package {version('safetensors')}")
