"""NumPy archives by NumPy's own reader, which never unpickles here."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...common.spec import Array
from . import Again, Key, Lazy

TEXT = "diptych.json"


def read(path: Path) -> Again:
    """The arrays of an archive by name."""
    archive = np.load(path, allow_pickle=False)

    def get(key: Key) -> Array:
        found: Array = archive[key[0]]
        return found

    names: dict[Key, None] = {(name,): None for name in archive.files if name != TEXT}
    return Again(Lazy(names, get), f"numpy.load of NumPy {np.__version__}", archive.close)
