"""Keras's own `save_weights`, written through a file of ours: see `guarded`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .guarded import Guarded, guarded

_ONE = threading.Lock()


def save_weights(model: Any, path: Path, attributes: dict[str, str]) -> None:
    """Save a model's weights as Keras does, with attributes of the file; raises OSError where a write fails.

    Keras takes a path, and opens that by `h5py.File` (keras/src/saving/saving_lib.py, `H5IOStore`), which here stands
    for a class that opens the one path in a file of ours.
    """
    with guarded(path) as file, _opening(path, file, attributes):
        model.save_weights(path)


@contextmanager
def _opening(path: Path, file: Guarded, attributes: dict[str, str]) -> Iterator[None]:
    """Let `h5py.File` open a path in another file, and write its attributes when it is closed."""
    import h5py

    plain: Callable[..., Any] = h5py.File

    class _File(h5py.File):  # type: ignore[misc]
        def __init__(self, name: Any, mode: str = "r", **more: Any) -> None:
            self.ours = str(name) == str(path)
            super().__init__(file if self.ours else name, mode, **more)

        def close(self) -> None:
            if self.ours and self.id.valid:
                self.attrs.update(attributes)
            super().close()

    with _ONE:
        h5py.File = _File
        try:
            yield
        finally:
            h5py.File = plain
