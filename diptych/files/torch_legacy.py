"""torch's files before 1.6: five pickles one after the other, then the storages."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import numpy as np

from ..common.errors import FileError
from .pickle_stream import Stream
from .pickle_values import Stub
from .pickles import Machine
from .torch_data import storage_of
from .torch_module import is_module
from .torch_values import KNOWN, Storage

MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
COUNT = 8


class LegacyFile:
    """An open file of the form before zip files. Storages are little-endian, whatever the machine was."""

    order = "little"
    notes: tuple[str, ...] = ()

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.file: BinaryIO = path.open("rb")
        except OSError as error:
            raise FileError(f"cannot read {path}: {error.strerror or error}") from None
        try:
            self.length = os.fstat(self.file.fileno()).st_size
            self.stream = Stream(self.file, self.length, str(path))
            self.seen: dict[str, Storage] = {}
            self.views: dict[str, Storage] = {}
            self.data: dict[str, Any] = {}
            self.value = self._value()
            self.places = self._places()
        except FileError:
            self.file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.file.close()

    def _pickle(self) -> Any:
        return Machine(self.stream, KNOWN).run()

    def _value(self) -> Any:
        magic = self._pickle()
        if isinstance(magic, Stub):
            return magic
        if magic != MAGIC or self._pickle() != PROTOCOL:
            raise FileError(f"{self.path} is not a whole torch checkpoint: it is a pickle, but not of torch.save")
        self._pickle()  # of the system that it was saved on
        return Machine(self.stream, KNOWN, self._storage).run()

    def _storage(self, reference: Any) -> Any:
        if not isinstance(reference, tuple) or len(reference) not in (4, 6):
            raise ValueError(f"it refers to something by a {type(reference).__name__}, expected a tuple of 6")
        if reference[0] in ("module", b"module"):
            return reference[1]  # the class of a module, with its source
        if len(reference) != 6:
            raise ValueError("it refers to a storage by a tuple of 4, expected 6")
        made = storage_of(reference[0], reference[1:5], self.seen, self.path)
        return made if reference[5] is None else self._view(made, reference[5])

    def _view(self, root: Storage, view: Any) -> Storage:
        if not isinstance(view, tuple) or len(view) != 3:
            raise ValueError("a part of a storage is no tuple of 3")
        key, start, count = view
        if type(key) is not str or type(start) is not int or type(count) is not int:
            raise ValueError("a part of a storage is not (text, number, number)")
        if start < 0 or count < 0 or start + count > root.count:
            raise ValueError(f"a part of a storage reaches from {start} to {start + count} of {root.count}")
        made = Storage(root.key, root.kind, root.count, start, count)
        if self.views.setdefault(key, made) != made:
            raise ValueError(f"the part {key!r} of a storage is there twice")
        return made

    def _places(self) -> dict[str, int]:
        """Where the bytes of each storage begin; they follow each other, each after its number of elements."""
        if isinstance(self.value, Stub) and not is_module(self.value):
            return {}
        keys = self._pickle()
        if not isinstance(keys, list) or not all(isinstance(key, str) and key in self.seen for key in keys):
            raise self.stream.error("its list of storages has other keys than its tensors")
        if len(set(keys)) != len(keys) or len(keys) != len(self.seen):
            raise self.stream.error("its list of storages is not that of its tensors")
        places = {}
        for key in keys:
            storage = self.seen[key]
            count = int.from_bytes(self.stream.take(COUNT), "little", signed=True)
            if count != storage.count:
                raise self.stream.error(f"the storage {key!r} has {count} numbers, not {storage.count}")
            places[key] = self.file.tell()
            self.stream.skip(count * storage.kind.size)
        return places

    def raw(self, storage: Storage) -> Any:
        """The bytes of a storage, read once."""
        if storage.key not in self.data:
            data = np.empty(storage.count * storage.kind.size, np.uint8)
            self.file.seek(self.places[storage.key])
            if self.file.readinto(data.data) != len(data):  # type: ignore[attr-defined]
                raise self.stream.error("it is cut short")
            self.data[storage.key] = data
        return self.data[storage.key]

    def finish(self) -> None:
        """The form has no checksums."""
