"""torch's zip files, since 1.6: a pickle, and a record per storage."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ..common.errors import FileError
from .archive import Archive
from .pickle_stream import stream_of
from .pickles import Machine
from .torch_data import ORDERS, storage_of
from .torch_values import KNOWN, Storage

WHAT = "torch checkpoint"
PICKLE = 1 << 27
"""Bytes of the pickle at most; numbers are not in it."""
SHORT = 64
VERSIONS = range(1, 11)
"""Of torch's format: kMinSupportedFileFormatVersion and kMaxSupportedFileFormatVersion, caffe2/serialize/versions.h."""
UNSUMMED = "the file was saved without checksums (set_crc32_options), so that damage to it cannot be found"


class ZipFile:
    """An open zip file of torch."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.archive = Archive(path, WHAT)
        self.seen: dict[str, Storage] = {}
        self.data: dict[str, Any] = {}
        try:
            self.folder = self._folder()
            self.notes = self._checksums()
            self.order = self._text("byteorder") or "little"
            if self.order not in ORDERS:
                raise self.archive.error(f"its byte order is {self.order!r}, expected little or big")
            pickle = self._record("data.pkl", PICKLE)
            self.value = Machine(stream_of(pickle, str(path)), KNOWN, self._storage).run()
        except FileError:
            self.archive.file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.archive.file.close()

    def _folder(self) -> str:
        """The folder of all records, which torch takes from the first one."""
        names = list(self.archive.members)
        folder = names[0].partition("/")[0] if names else ""
        # torch finds records without regard to case.
        if len({name.lower() for name in names}) != len(names):
            raise self.archive.error("two of its records have one name but for case")
        if f"{folder}/constants.pkl" in names:
            raise FileError(f"{self.path} is a TorchScript program; save the model's state_dict() instead")
        if f"{folder}/data.pkl" not in names:
            raise self.archive.error(f"it has no record {folder}/data.pkl")
        return folder

    def _checksums(self) -> tuple[str, ...]:
        """A note where torch was told to write no checksums, which are then all 0; raises FileError for a new form."""
        self.archive.has_checksums = any(member.crc for member in self.archive.members.values())
        version = self._text("version") or self._text(".data/version")
        if version and (not version.isdecimal() or int(version) not in VERSIONS):
            raise self.archive.error(f"its version is {version!r}, expected {VERSIONS[0]} to {VERSIONS[-1]}")
        return (UNSUMMED,) if not self.archive.has_checksums else ()

    def _text(self, name: str) -> str:
        """A short record, "" where it is missing."""
        if f"{self.folder}/{name}" not in self.archive.members:
            return ""
        return self._record(name, SHORT).decode("ascii", "replace").strip()

    def _record(self, name: str, most: int) -> bytes:
        size = self.archive.members[f"{self.folder}/{name}"].size
        if size > most:
            raise self.archive.error(f"its {name} has {size} bytes, more than {most}")
        return self.archive.small(f"{self.folder}/{name}")

    def _storage(self, reference: Any) -> Storage:
        if not isinstance(reference, tuple) or len(reference) != 5:
            raise ValueError(f"it refers to a storage by a {type(reference).__name__}, expected a tuple of 5")
        made = storage_of(reference[0], reference[1:], self.seen, self.path)
        member = self.archive.members.get(f"{self.folder}/data/{made.key}")
        if member is None:
            raise ValueError(f"the storage {made.key!r} has no record")
        if member.size != made.count * made.kind.size:
            raise ValueError(f"the storage {made.key!r} has {member.size} bytes, not {made.count * made.kind.size}")
        return made

    def raw(self, storage: Storage) -> Any:
        """The bytes of a storage, read once."""
        if storage.key not in self.data:
            self.data[storage.key] = self.archive.read(f"{self.folder}/data/{storage.key}")
        return self.data[storage.key]

    def finish(self) -> None:
        """Raise FileError where a record that was not read is damaged."""
        self.archive.check_rest()
