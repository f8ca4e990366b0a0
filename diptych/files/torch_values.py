"""What torch's names in a pickle stand for: kinds of numbers, storages and tensors, as descriptions without data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .pickle_calls import PLAIN
from .pickle_values import Constant, Global, Opaque, Stub

if TYPE_CHECKING:
    from .pickles import Machine

RANK = 32
"""Axes of a tensor at most, as NumPy had them before 2.0."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A dtype of torch: its name, its bytes, and whether NumPy has it under this name."""

    name: str
    size: int
    native: bool


def _kinds() -> dict[str, Kind]:
    plain = {f"{sign}int{8 * size}": size for sign in ("", "u") for size in (1, 2, 4, 8)}
    plain |= {"bool": 1, "float16": 2, "float32": 4, "float64": 8, "complex64": 8, "complex128": 16}
    odd = {"bfloat16": 2, "complex32": 4, "qint8": 1, "quint8": 1, "qint32": 4, "quint4x2": 1, "quint2x4": 1}
    odd |= {f"float8_{form}": 1 for form in ("e4m3fn", "e4m3fnuz", "e5m2", "e5m2fnuz", "e8m0fnu")}
    odd |= {"float4_e2m1fn_x2": 1} | {f"{sign}int{bits}": 1 for sign in ("", "u") for bits in range(1, 8)}
    return {name: Kind(name, size, name in plain) for name, size in (plain | odd).items()}


KINDS = _kinds()
STORAGES = {
    "FloatStorage": "float32", "DoubleStorage": "float64", "HalfStorage": "float16", "LongStorage": "int64",
    "IntStorage": "int32", "ShortStorage": "int16", "CharStorage": "int8", "ByteStorage": "uint8",
    "BoolStorage": "bool", "BFloat16Storage": "bfloat16", "ComplexFloatStorage": "complex64",
    "ComplexDoubleStorage": "complex128", "QInt8Storage": "qint8", "QUInt8Storage": "quint8",
    "QInt32Storage": "qint32", "QUInt4x2Storage": "quint4x2", "QUInt2x4Storage": "quint2x4",
    "UntypedStorage": "uint8", "_UntypedStorage": "uint8",
}  # fmt: skip
"""Class of storages -> what its elements are; of an untyped one, bytes."""
HOMES = ("torch", "torch.cuda", "torch.storage")


@dataclass(frozen=True, slots=True)
class Storage:
    """`count` elements that a file stores under a key, or the part of them from `start` on."""

    key: str
    kind: Kind
    count: int
    start: int = 0
    part: int | None = None

    @property
    def length(self) -> int:
        """The elements that tensors may use."""
        return self.count if self.part is None else self.part


@dataclass(frozen=True, eq=False, slots=True)
class Tensor:
    """A tensor as a pickle describes it; `form` says what keeps it from being plain numbers, "" for nothing."""

    storage: Storage | None
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]
    kind: Kind
    form: str = ""

    @property
    def bytes(self) -> int:
        """The bytes of its numbers, written out."""
        return math.prod(self.size) * self.kind.size


def _numbers(values: Any) -> tuple[int, ...]:
    """A shape or strides; raises ValueError for anything else."""
    if not isinstance(values, tuple | list) or len(values) > RANK:
        raise ValueError(f"a tensor has a shape or strides that are no tuple of at most {RANK} numbers")
    if not all(type(value) is int and 0 <= value < 1 << 62 for value in values):
        raise ValueError("a tensor has a length or a stride that is not possible")
    return tuple(values)


def _tensor(machine: Machine, storage: Any, offset: Any, size: Any, stride: Any, *rest: Any) -> Tensor:
    """What `_rebuild_tensor` and `_rebuild_tensor_v2` are given; the last of seven arguments is metadata."""
    if not isinstance(storage, Storage):
        raise ValueError("a tensor has no storage")
    return _made(storage, offset, size, stride, storage.kind, rest[2] if len(rest) > 2 else None)


def _typed(
    machine: Machine, storage: Any, offset: Any, size: Any, stride: Any, grad: Any, hooks: Any, kind: Any, *rest: Any
) -> Tensor:
    """What `_rebuild_tensor_v3` is given, which says the dtype itself."""
    if not isinstance(storage, Storage) or not isinstance(kind, Constant) or not isinstance(kind.value, Kind):
        raise ValueError("a tensor has no storage or no dtype")
    return _made(storage, offset, size, stride, kind.value, rest[0] if rest else None)


def _made(storage: Storage, offset: Any, size: Any, stride: Any, kind: Kind, more: Any) -> Tensor:
    size, stride = _numbers(size), _numbers(stride)
    if len(size) != len(stride) or type(offset) is not int or not 0 <= offset < 1 << 62:
        raise ValueError("a tensor has another number of strides than axes, or an offset that is not possible")
    # Its bits say that signs or imaginary parts are to be turned when it is used.
    return Tensor(storage, offset, size, stride, kind, "lazily negated or conjugated" if more else "")


def _parameter(machine: Machine, data: Any = None, *rest: Any) -> Any:
    """The tensor of a Parameter."""
    if not isinstance(data, Tensor):
        raise ValueError("a parameter has no tensor")
    return data


def _subclassed(machine: Machine, function: Any, kind: Any, arguments: Any, state: Any) -> Any:
    """A tensor with attributes, which are left out; of a class of somebody's own it is a stub."""
    plain = isinstance(kind, Global) and kind.name in ("torch.Tensor", "torch.nn.parameter.Parameter")
    if plain and isinstance(function, Global) and function.name in REBUILT:
        return machine.call(function, arguments)
    return Stub(kind.name if isinstance(kind, Global) else "torch._tensor._rebuild_from_type_v2", arguments)


def _odd(form: str) -> Any:
    return lambda machine, *arguments: Tensor(None, 0, (), (), KINDS["float32"], form)


def _size(machine: Machine, values: Any = ()) -> tuple[int, ...]:
    return _numbers(values)


def _device(machine: Machine, *arguments: Any) -> Opaque:
    return Opaque("torch.device")


REBUILT: Mapping[str, Any] = {
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_tensor_v3": _typed,
    "torch._utils._rebuild_parameter": _parameter,
    "torch._utils._rebuild_parameter_with_state": _parameter,
    "torch.nn.parameter.Parameter": _parameter,
    "torch._utils._rebuild_sparse_tensor": _odd("sparse"),
    "torch._utils._rebuild_sparse_csr_tensor": _odd("sparse"),
    "torch._utils._rebuild_qtensor": _odd("quantised"),
    "torch._utils._rebuild_nested_tensor": _odd("nested"),
    "torch._utils._rebuild_meta_tensor_no_storage": _odd("meta"),
    "torch._utils._rebuild_xla_tensor": _odd("device"),
    "torch._utils._rebuild_device_tensor_from_numpy": _odd("device"),
    "torch._utils._rebuild_device_tensor_from_cpu_tensor": _odd("device"),
}


def _constants() -> dict[str, Constant]:
    dtypes = {f"torch.{name}": Constant("torch.dtype", kind) for name, kind in KINDS.items()}
    storages = {
        f"{home}.{name}": Constant("torch.Storage", KINDS[kind]) for home in HOMES for name, kind in STORAGES.items()
    }
    schemes = ("per_tensor_affine", "per_channel_affine", "per_tensor_symmetric", "per_channel_symmetric")
    return dtypes | storages | {f"torch.{name}": Constant("torch.qscheme", name) for name in schemes}


KNOWN: Mapping[str, Any] = {
    **PLAIN,
    **_constants(),
    **REBUILT,
    "torch._tensor._rebuild_from_type_v2": _subclassed,
    "torch.Size": _size,
    "torch.device": _device,
    "torch.serialization._get_layout": lambda machine, *arguments: Opaque("torch.layout"),
}
"""What a pickle of torch may name."""
