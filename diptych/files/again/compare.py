"""Hold what a reader gave against a second reading, bit for bit, one array after the other."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ...common.errors import DiptychError
from ...common.spec import Array
from ..border import border
from ..checkpoint import PREFIXES, Checkpoint, Key
from . import read_again

BLOCK = 1 << 24
SAME = "the same reader a second time, since the format has no other"


def compare(found: Checkpoint, path: Path, shown: Path | None = None) -> str:
    """Words for the second reader of the file at `path`, which gave the same bits as the first for every array.

    Raises DiptychError, which calls the file `shown`, where one differs or is missing.
    """
    shown = shown or path
    again = read_again(path, found.format)
    if again is None:
        return _by_itself(found, path, shown)
    with border(shown, found.format), again:
        keys = _by_end(again.arrays)
        for name, key, array in found.raw():
            place = key if key in again.arrays or len(key) > 1 else keys.get(_end(key))
            if place is None or place not in again.arrays:
                raise _differ(shown, name, f"{again.reader} does not find it")
            _compare(array, again.arrays[place], shown, name, again.reader, name in found.extras)
        return again.reader


def _by_itself(found: Checkpoint, path: Path, shown: Path) -> str:
    from .. import read

    others = {(name, key): array for name, key, array in read(path).raw()}
    for name, key, array in found.raw():
        if (name, key) not in others:
            raise _differ(shown, name, "it is not there a second time")
        _compare(array, others[name, key], shown, name, "a second reading", False)
    return SAME


def _compare(one: Array, two: Array, shown: Path, name: str, reader: str, counted: bool) -> None:
    """Raise DiptychError unless two arrays have the same shape, dtype and bytes; of a counter, the same number."""
    if counted and two.shape == () and two.dtype.kind in "iu":
        two = two.astype(np.int64)
    plain = np.ascontiguousarray(two.astype(two.dtype.newbyteorder("="), copy=False)).reshape(two.shape)
    if one.shape != two.shape or one.dtype != plain.dtype:
        raise _differ(shown, name, f"{reader} reads {plain.dtype} of {two.shape}, diptych {one.dtype} of {one.shape}")
    first, second = np.ascontiguousarray(one).reshape(-1).view(np.uint8), plain.reshape(-1).view(np.uint8)
    for start in range(0, len(first), BLOCK):
        same = first[start : start + BLOCK] == second[start : start + BLOCK]
        if not same.all():
            raise _differ(shown, name, f"{reader} reads another byte {start + int(np.argmin(same))}")


def _differ(path: Path, name: str, why: str) -> DiptychError:
    return DiptychError(
        f"{path}: two readers differ at {name}: {why}. This is a fault of diptych or of a library below it; please "
        "report it"
    )


def _by_end(arrays: Mapping[Key, Array]) -> dict[str, Key]:
    """The places whose last part is like no other's, by that part without the prefixes of wrappers."""
    found: dict[str, list[Key]] = {}
    for key in arrays:
        found.setdefault(_end(key), []).append(key)
    return {end: keys[0] for end, keys in found.items() if end and len(keys) == 1}


def _end(key: Key) -> str:
    end = key[-1] if key else ""
    for prefix in (*PREFIXES, *PREFIXES):
        end = end.removeprefix(prefix)
    return end
