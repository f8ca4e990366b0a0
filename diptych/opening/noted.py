"""Somebody's code that makes a model, run so that a report can say in which line of it a layer stands."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .. import backends
from ..common.errors import NotInstalled


@contextmanager
def noted(code: Any = None) -> Iterator[None]:
    """Note where the code that runs meanwhile calls layers of Keras; PyTorch says it of itself.

    Keras is not imported for it, unless that is what the `code` does first.
    """
    if not _of_keras(code):
        yield
        return
    try:
        backends.get("tf")
    except NotInstalled:
        yield
        return
    with importlib.import_module(f"..{backends.NAMES['tf']}.importing.lines", __package__).noted():
        yield


def _of_keras(code: Any) -> bool:
    """Whether Keras is there, or a function names it."""
    names = getattr(getattr(code, "__code__", None), "co_names", ())
    return "keras" in sys.modules or not {"keras", "tensorflow"}.isdisjoint(name.partition(".")[0] for name in names)
