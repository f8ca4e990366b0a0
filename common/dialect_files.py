"""The files of `dialects`: all of them, or those that have anything of one network."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from pathlib import Path
from typing import TYPE_CHECKING

from .kept import kept_of

if TYPE_CHECKING:
    from .dialect import Dialect

NAMES = Path(__file__).parent / "dialects" / "names.json"
"""The names that the dialects give networks, and their files, so that few are read; a test holds it to them."""


@functools.cache
def dialects() -> tuple[Dialect, ...]:
    """All dialects of all families."""
    return tuple(item for name in _files() for item in dialect_file(name))


def _files() -> list[str]:
    return sorted(item.name for item in pkgutil.iter_modules([str(NAMES.parent)]))


def dialect_file(name: str) -> tuple[Dialect, ...]:
    """The dialects of one file of the folder."""
    return tuple(importlib.import_module(f".dialects.{name}", __package__).DIALECTS)


@functools.cache
def dialects_for(network: str) -> tuple[Dialect, ...]:
    """All dialects of one network of ours: only the files that have any are read, which `names.json` says."""
    homes = kept_of(NAMES, NAMES.parent).get("homes")
    files = _files() if homes is None else homes.get(network, ())
    return tuple(item for name in files for item in dialect_file(name) if item.network == network)


def homes() -> dict[str, list[str]]:
    """Network -> the files that have its dialects, as `names.json` should hold them."""
    found: dict[str, dict[str, None]] = {}
    for name in _files():
        for item in dialect_file(name):
            found.setdefault(item.network, {})[name] = None
    return {network: list(files) for network, files in found.items()}
