"""torch files by hand, piece by piece: what torch.save would not write."""

from __future__ import annotations

import io
import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001


class Reference:
    """Something outside the pickle: ("storage", class, key, location, count) and what else is said."""

    def __init__(self, *parts: Any) -> None:
        self.parts = parts


class Made:
    """What a pickle makes by calling a function, with a state that is set on it afterwards."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.reduced = function, arguments

    def __reduce__(self) -> tuple[Any, ...]:
        return self.reduced


class Pickler(pickle.Pickler):
    def persistent_id(self, value: Any) -> Any:
        return value.parts if isinstance(value, Reference) else None


def pickled(value: Any, protocol: int = 2) -> bytes:
    buffer = io.BytesIO()
    Pickler(buffer, protocol).dump(value)
    return buffer.getvalue()


def storage(count: int = 6, key: Any = "0", kind: str = "FloatStorage", *more: Any) -> Reference:
    import torch

    return Reference("storage", getattr(torch, kind), key, "cpu", count, *more)


def tensor(where: Any, offset: Any = 0, size: Any = (2, 3), stride: Any = (3, 1), *more: Any) -> Made:
    import torch

    return Made(torch._utils._rebuild_tensor_v2, where, offset, size, stride, False, {}, *more)


NUMBERS = np.arange(6, dtype="<f4")


def zipped(
    path: Path, data: bytes, records: Mapping[str, bytes] | None = None, order: str = "little", **more: bytes
) -> Path:
    """A zip as torch writes it, with a pickle and records of one's own; more files go by name."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/data.pkl", data)
        archive.writestr("a/byteorder", order)
        for key, record in (records if records is not None else {"0": NUMBERS.tobytes()}).items():
            archive.writestr(f"a/data/{key}", record)
        archive.writestr("a/version", "3\n")
        for name, record in more.items():
            archive.writestr(f"a/{name.replace('__', '.')}", record)
    return path


def legacy(path: Path, data: bytes, storages: Mapping[str, bytes] | None = None, size: int = 4) -> Path:
    """A file of the form before zip files, with a pickle and storages of one's own."""
    found = storages if storages is not None else {"0": NUMBERS.tobytes()}
    system = {"protocol_version": PROTOCOL, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}
    parts = [*(pickle.dumps(value, 2) for value in (MAGIC, PROTOCOL, system)), data, pickle.dumps(list(found), 2)]
    parts += [(len(record) // size).to_bytes(8, "little") + record for record in found.values()]
    path.write_bytes(b"".join(parts))
    return path
