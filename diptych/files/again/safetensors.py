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
        if file.get_slice(key[0]).get_dtype() == "BF16":
            return _bfloat16(path, key[0])
        found: Array = file.get_tensor(key[0])
        return found

    names: dict[Key, None] = {(name,): None for name in file.keys()}  # noqa: SIM118 - it is no mapping
    return Again(Lazy(names, get), f"the safetensors package {version('safetensors')}")


def _bfloat16(path: Path, name: str) -> Array:
    """A tensor of bfloat16 in float32, by the package's way to torch, since NumPy has no such type."""
    from safetensors import safe_open

    with safe_open(str(path), framework="pt") as file:
        found: Array = file.get_tensor(name).float().numpy()
    return found
