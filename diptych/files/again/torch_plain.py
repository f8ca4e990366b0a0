"""torch files by Python's own zipfile and pickle, every class and function of which is replaced by an inert one.

Nothing here is shared with the reader of `files.torch_file`, so that no fault stands in both.
"""

from __future__ import annotations

import io
import pickle
import pickletools
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ...common.errors import FileError
from ...common.spec import Array

ELEMENTS = {
    "FloatStorage": "f4", "DoubleStorage": "f8", "HalfStorage": "f2", "LongStorage": "i8", "IntStorage": "i4",
    "ShortStorage": "i2", "CharStorage": "i1", "ByteStorage": "u1", "BoolStorage": "?", "UntypedStorage": "u1",
    "BFloat16Storage": "V2", "ComplexFloatStorage": "c8", "ComplexDoubleStorage": "c16",
}  # fmt: skip
DTYPES = {"bool": "?", "float16": "f2", "float32": "f4", "float64": "f8"} | {
    f"{sign}int{8 * size}": f"{sign or 'i'}{size}" for sign in ("", "u") for size in (1, 2, 4, 8)
}
OPCODES = 4_000_000
PARTS = ("_parameters", "_buffers", "_modules")
MODULES, DEPTH = 100_000, 100
MAGIC = 0x1950A86A20F9469CFC6C
BROKEN = (
    pickle.UnpicklingError, zipfile.BadZipFile, ValueError, TypeError, KeyError, IndexError, AttributeError, EOFError,
    OSError, OverflowError, MemoryError, RecursionError, NotImplementedError, RuntimeError,
)  # fmt: skip


class Inert:
    """An object of any class: it takes what a pickle gives to it, and forgets it, but for the state of a module."""

    members: tuple[dict[str, Any], ...] = ()
    """The dicts of its parameters, of those of its buffers that are saved, and of the modules in it."""

    def __new__(cls, *arguments: Any, **named: Any) -> Inert:
        return super().__new__(cls)

    def __init__(self, *arguments: Any, **named: Any) -> None:
        pass

    def __setstate__(self, state: Any) -> None:
        parts = [state.get(name) for name in PARTS] if isinstance(state, dict) else []
        plain = tuple(part for part in parts if isinstance(part, dict))
        if len(plain) == len(PARTS):
            unsaved = state.get("_non_persistent_buffers_set")
            left = unsaved if isinstance(unsaved, set) else set()
            saved = {name: value for name, value in plain[1].items() if name not in left}
            self.members = plain[0], saved, plain[2]

    def flat(self) -> dict[str, Any]:
        """The tensors of a module by their names in a state dict; {} of another object."""
        found: dict[str, Any] = {}
        level, count = [("", self)], 0
        for _ in range(DEPTH):
            below: list[tuple[str, Inert]] = []
            for before, module in level:
                parameters, buffers, modules = module.members or ({}, {}, {})
                found |= {f"{before}{name}": value for name, value in (parameters | buffers).items()}
                below += [(f"{before}{name}.", item) for name, item in modules.items() if isinstance(item, Inert)]
            count += len(level)
            if count > MODULES:
                break
            level = below
        if level:
            raise ValueError(f"a module of more than {MODULES} modules, or {DEPTH} in each other")
        return found

    def __setitem__(self, key: Any, value: Any) -> None:
        pass

    def append(self, item: Any) -> None:
        """Forget an item of a list."""

    def extend(self, items: Any) -> None:
        """Forget items of a list."""

    def add(self, item: Any) -> None:
        """Forget an item of a set."""

    def __call__(self, *arguments: Any, **named: Any) -> Inert:
        return Inert()


class Elements:
    """A class of storages or a dtype: what NumPy calls its elements."""

    def __init__(self, code: str) -> None:
        self.code = code


class Data:
    """The bytes of a storage, which a legacy file has after its pickles."""

    def __init__(self, code: str, count: int) -> None:
        self.code, self.count, self.bytes, self.first = code, count, b"", 0


class PlainTensor:
    """A tensor whose numbers are taken from its storage when they are asked for."""

    def __init__(self, data: Data, offset: int, size: tuple[int, ...], stride: tuple[int, ...], code: str) -> None:
        self.data, self.offset, self.size, self.stride, self.code = data, offset, size, stride, code

    def array(self) -> Array:
        """The numbers in C order."""
        flat = np.frombuffer(self.data.bytes, self.code)
        start = self.offset + self.data.first
        count = int(np.prod(self.size, dtype=np.int64))
        packed = [int(np.prod(self.size[axis + 1 :], dtype=np.int64)) for axis in range(len(self.size))]
        if list(self.stride) == packed or not count:
            return flat[start : start + count].reshape(self.size)
        places = np.full((), start, np.int64)
        for length, stride in zip(self.size, self.stride, strict=True):
            places = places[..., None] + np.arange(length, dtype=np.int64) * stride
        return flat[places]


def _v2(data: Data, offset: int, size: Any, stride: Any, *rest: Any) -> PlainTensor:
    return PlainTensor(data, offset, tuple(size), tuple(stride), data.code)


def _v3(data: Data, offset: int, size: Any, stride: Any, grad: Any, hooks: Any, kind: Elements, *rest: Any) -> Any:
    return PlainTensor(data, offset, tuple(size), tuple(stride), kind.code)


def _same(tensor: Any, *rest: Any) -> Any:
    return tensor


def _of_type(function: Any, kind: Any, arguments: Any, state: Any) -> Any:
    return function(*arguments)


MADE: dict[str, Any] = {
    "torch._utils._rebuild_tensor": _v2,
    "torch._utils._rebuild_tensor_v2": _v2,
    "torch._utils._rebuild_tensor_v3": _v3,
    "torch._utils._rebuild_parameter": _same,
    "torch._utils._rebuild_parameter_with_state": _same,
    "torch._tensor._rebuild_from_type_v2": _of_type,
    "torch.Size": lambda values=(): tuple(values),
    "collections.OrderedDict": OrderedDict,
    "builtins.set": set,
    "__builtin__.set": set,
}


class Made:
    """A function of MADE, made anew for each name, since a pickle may set attributes on what it finds."""

    def __init__(self, function: Any) -> None:
        self.function = function

    def __call__(self, *arguments: Any) -> Any:
        return self.function(*arguments)


class Unpickler(pickle.Unpickler):
    """pickle's own machine, which finds no class but the inert ones here, and storages by key."""

    def __init__(self, file: Any, storages: dict[str, Data] | None = None) -> None:
        super().__init__(file)
        self.storages = storages

    def find_class(self, module: str, name: str) -> Any:
        full = f"{module}.{name}"
        if module.startswith("torch") and name in ELEMENTS:
            return Elements(ELEMENTS[name])
        if module == "torch" and name in DTYPES:
            return Elements(DTYPES[name])
        return Made(MADE[full]) if full in MADE else type("Inert", (Inert,), {})

    def persistent_load(self, reference: Any) -> Any:
        if self.storages is None or not isinstance(reference, tuple) or len(reference) < 4:
            raise pickle.UnpicklingError("a reference to something else than a storage")
        if reference[0] == "module":
            return reference[1]
        _, kind, key, _, count, *view = reference
        data = self.storages.setdefault(str(key), Data(kind.code, int(count)))
        if not view or view[0] is None:
            return data
        _, first, count = view[0]
        return self.storages.setdefault(f"{key} from {first}", _part(data, int(first), int(count)))


def _part(whole: Data, first: int, count: int) -> Data:
    part = Data(whole.code, count)
    part.first = whole.first + first
    part.__dict__["whole"] = whole
    return part


def load(path: Path) -> Any:
    """What a torch file holds, tensors as PlainTensor; raises FileError where it does not hold together."""
    try:
        with path.open("rb") as file:
            zipped = file.read(4) == b"PK\x03\x04"
            file.seek(0)
            return _zipped(file) if zipped else _legacy(file)
    except BROKEN as error:
        reason = f"{type(error).__name__}: {str(error)[:120]}"
        raise FileError(f"{path} cannot be read a second time, for the proof ({reason})") from None


def _zipped(file: BinaryIO) -> Any:
    with zipfile.ZipFile(file) as archive:
        inside = next(name for name in archive.namelist() if name.endswith("/data.pkl"))
        folder, text = inside.removesuffix("data.pkl"), archive.read(inside)
        _check(io.BytesIO(text), len(text))
        storages: dict[str, Data] = {}
        value = Unpickler(io.BytesIO(text), storages).load()
        names = set(archive.namelist())
        swap = f"{folder}byteorder" in names and archive.read(f"{folder}byteorder") == b"big"
        for key, data in storages.items():
            data.bytes = archive.read(f"{folder}data/{key}")
            if swap:
                data.bytes = np.frombuffer(data.bytes, data.code).byteswap().tobytes()
    return value


def _legacy(file: BinaryIO) -> Any:
    end = file.seek(0, io.SEEK_END)
    file.seek(0)
    storages: dict[str, Data] = {}
    for number in range(5):
        place = file.tell()
        _check(file, end)
        file.seek(place)
        found = Unpickler(file, storages if number == 3 else None).load()
        if number == 0 and found != MAGIC:
            raise ValueError("it is a pickle, but not of torch.save")
        if number == 3:
            value = found
    for key in found:
        data = storages[key]
        data.count = int.from_bytes(file.read(8), "little")
        data.bytes = file.read(data.count * np.dtype(data.code).itemsize)
    for data in storages.values():
        data.bytes = data.bytes or getattr(data, "whole", data).bytes
    return value


def _check(file: BinaryIO, end: int) -> None:
    """Raise ValueError for a pickle that would make its machine take memory that the file does not warrant."""
    size = end - file.tell()
    for number, (opcode, argument, _) in enumerate(pickletools.genops(file)):
        if number > OPCODES:
            raise ValueError(f"a pickle of more than {OPCODES} opcodes")
        if "PUT" in opcode.name and isinstance(argument, int) and argument > size:
            raise ValueError("a memo that is larger than the file")
        if isinstance(argument, int) and argument.bit_length() > 8_192:
            raise ValueError("an integer of more than 1,024 bytes")
