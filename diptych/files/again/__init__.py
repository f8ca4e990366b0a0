"""A second reading of a file, for the proof of a conversion: by another reader, which shares no code with the first.

`again/<format>.py` has `read(path) -> Again`; a module of another name is named in SHARED. So one fault of ours cannot
stand on both sides of a proof, unseen.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from ...common.spec import Array
from ..border import border
from ..checkpoint import Key as Key

SHARED = {"weights.h5": "h5", "keras": "h5"}
"""Format -> the module that reads it, where it is not of its own name."""


def _nothing() -> None:
    return None


@dataclass(frozen=True)
class Again:
    """The arrays of a file by their place in it, in the axes of the file, and the words for their reader.

    An array is read when it is asked for; `close` gives back what that needs.
    """

    arrays: Mapping[Key, Array]
    reader: str
    close: Callable[[], None] = _nothing

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Lazy(Mapping[Key, Array]):
    """Arrays that are read one by one, each when it is asked for."""

    def __init__(self, keys: Mapping[Key, object], get: Callable[[Key], Array]) -> None:
        self._keys, self._get = keys, get

    def __getitem__(self, key: Key) -> Array:
        if key not in self:
            raise KeyError(key)
        return self._get(key)

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def __iter__(self) -> Iterator[Key]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


def read_again(path: Path, format_name: str) -> Again | None:
    """The second reading of a file that was read before; None for a format without a second reader."""
    name = f"{__name__}.{SHARED.get(format_name, format_name)}"
    if not name.rpartition(".")[2].isidentifier() or importlib.util.find_spec(name) is None:
        return None
    with border(path, format_name):
        found: Again = importlib.import_module(name).read(path)
        return found
