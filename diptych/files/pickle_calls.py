"""The classes and functions of Python and NumPy whose meaning a pickle may use: plain containers, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .pickle_values import Opaque, Ordered

if TYPE_CHECKING:
    from .pickles import Machine


def _ordered(machine: Machine, pairs: Any = ()) -> Ordered:
    """An OrderedDict, empty or of [key, value] lists, as Python 2 wrote it; or a Counter of a dict."""
    made = Ordered()
    found = list(pairs.items() if isinstance(pairs, dict) else _items(machine, pairs))
    machine.charge(len(found))
    for key, value in found:
        made[machine.key(key)] = value
    return made


def _default(machine: Machine, factory: Any = None) -> Ordered:
    """A defaultdict, whose factory is of no use to data."""
    return Ordered()


def _items(machine: Machine, values: Any) -> Iterable[Any]:
    if not isinstance(values, list | tuple | set | frozenset):
        raise TypeError(f"a container is made of a {type(values).__name__}")
    machine.charge(len(values))
    return values


def _set(machine: Machine, values: Any = ()) -> set[Any]:
    return {machine.key(value) for value in _items(machine, values)}


def _frozenset(machine: Machine, values: Any = ()) -> frozenset[Any]:
    return frozenset(_set(machine, values))


def _bytearray(machine: Machine, values: Any = b"", encoding: Any = None) -> Any:
    if isinstance(values, str):
        return _encoded(machine, values, encoding)
    if isinstance(values, Opaque):
        return values
    if not isinstance(values, bytes | list):
        raise TypeError(f"a bytearray is made of a {type(values).__name__}")
    machine.charge(len(values))
    return bytearray(values)


def _complex(machine: Machine, real: Any = 0.0, imaginary: Any = 0.0) -> complex:
    if not isinstance(real, int | float) or not isinstance(imaginary, int | float):
        raise TypeError("a complex number is made of something else than numbers")
    return complex(real, imaginary)


def _encoded(machine: Machine, text: Any, encoding: Any = "latin1") -> Any:
    """Bytes as protocol 2 writes them, a text with an encoding."""
    if isinstance(text, Opaque):
        return text
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1", "utf-8", "utf8", "ascii"):
        raise TypeError("bytes are made of something else than a text")
    machine.charge(len(text) // 16)
    return text.encode(encoding)


def _bytes(machine: Machine, values: Any = ()) -> bytes:
    """Empty bytes, as protocol 2 writes them."""
    if values not in ((), []):
        raise TypeError("bytes are made of something else than nothing")
    return b""


def _array(machine: Machine, *arguments: Any) -> Opaque:
    return Opaque("numpy.ndarray")


def _number(machine: Machine, *arguments: Any) -> Opaque:
    return Opaque("a number of NumPy")


def _dtype(machine: Machine, *arguments: Any) -> Opaque:
    return Opaque("numpy.dtype")


def _numpy() -> dict[str, Any]:
    """NumPy's names before and since 2.0."""
    found: dict[str, Any] = {"numpy.dtype": _dtype}
    for core in ("numpy.core", "numpy._core"):
        found |= {f"{core}.multiarray._reconstruct": _array, f"{core}.multiarray.scalar": _number}
        found[f"{core}.numeric._frombuffer"] = _array
    return found


PLAIN: Mapping[str, Any] = _numpy() | {
    "collections.OrderedDict": _ordered,
    "collections.Counter": _ordered,
    "collections.defaultdict": _default,
    "builtins.set": _set,
    "builtins.frozenset": _frozenset,
    "builtins.bytearray": _bytearray,
    "builtins.bytes": _bytes,
    "builtins.complex": _complex,
    "_codecs.encode": _encoded,
}
"""Name -> what makes a value from the machine and arguments."""
