"""HDF5 files of Keras whose arrays stay where they are, read without libhdf5 where they are of the plain kind.

libhdf5 takes a walk in another process first, since it may crash (`h5_guard`), and a call for each name. What is read
to be proved is read by libhdf5.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ..common.errors import FileError
from ..common.memory import Mapped, is_mapping, let_go
from .h5 import Source, Variable
from .plain_hdf5.tree import Array as PlainArray
from .plain_hdf5.tree import Group, root
from .plain_hdf5.window import Odd, Window
from .stored import Stored

T = TypeVar("T")


class PlainSource(Source):
    """An open plain file, whose arrays are parts of the mapped one."""

    def __init__(self, file: Group, where: str, window: Window, mapped: Mapped) -> None:
        super().__init__(file, where, size=window.size)
        self.start, self.map = window.start, mapped

    def array(self, dataset: Any, where: str) -> Variable:
        """The data of a member; raises Odd where it is no array."""
        if not isinstance(dataset, PlainArray) or self.map is None:
            raise Odd("a group, where Keras keeps a variable")
        self.budget.take(dataset.nbytes, where)
        flat = self.map.bytes(self.start + dataset.place, dataset.nbytes).view(np.dtype(f"<{dataset.kind}"))
        return Variable(tuple(dataset.name.split("/")), flat.reshape(dataset.shape))


def plain(source: Any, path: Path, read: Callable[[Group, PlainSource], T]) -> T | None:
    """What is read of a plain file, open in a zip or by its path; None where it is not plain, or is to be copied.

    None, too, where the reader refuses it: what is said of it is said of what libhdf5 finds.
    """
    if not is_mapping():
        return None
    if isinstance(source, Path):
        with source.open("rb") as file:
            return _plain(file.fileno(), 0, source.stat().st_size, path, read)
    raw = getattr(source, "raw", None)
    return _plain(raw.file.fileno(), raw.start, raw.length, path, read) if isinstance(raw, Stored) else None


def _plain(descriptor: int, start: int, size: int, path: Path, read: Callable[[Group, PlainSource], T]) -> T | None:
    try:
        mapped = Mapped(descriptor)
        window = Window(mapped.whole, start, size)
        file = root(window)
        found = read(file, PlainSource(file, str(path), window, mapped))
    except (Odd, FileError, ValueError):
        return None
    let_go(mapped.bytes(start, size))  # the headers, with which the system has read what lies around them
    return found
