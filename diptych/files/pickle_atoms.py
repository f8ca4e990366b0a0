"""The opcodes of a pickle that put a number, a text or a constant on the stack."""

from __future__ import annotations

import codecs
import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .pickle_values import Opaque

if TYPE_CHECKING:
    from .pickles import Machine

Step = Callable[["Machine"], None]
STEPS: dict[bytes, Step] = {}
INTEGER = 1 << 10
"""Bytes of an integer at most."""
PROTOCOL = 5


def step(*codes: bytes) -> Callable[[Step], Step]:
    """Register what opcodes do."""

    def register(function: Step) -> Step:
        STEPS.update(dict.fromkeys(codes, function))
        return function

    return register


def _constants() -> None:
    values: dict[bytes, Callable[[], Any]] = {
        b"N": lambda: None,
        b"\x88": lambda: True,
        b"\x89": lambda: False,
        b")": tuple,
        b"]": list,
        b"}": dict,
    }
    for code, make in values.items():
        step(code)(lambda machine, make=make: machine.stack.append(make()))  # type: ignore[misc]


_constants()


@step(b"\x8f")
def _empty_set(machine: Machine) -> None:
    machine.charge(4)  # an empty set takes 216 bytes
    machine.stack.append(set())


def _fixed(code: bytes, layout: str) -> None:
    unpack, size = struct.Struct(layout).unpack, struct.calcsize(layout)
    step(code)(lambda machine: machine.stack.append(unpack(machine.stream.take(size))[0]))


for _code, _layout in ((b"K", "<B"), (b"M", "<H"), (b"J", "<i"), (b"G", ">d")):
    _fixed(_code, _layout)


def _long(machine: Machine, count: int) -> None:
    if not 0 <= count <= INTEGER:
        raise ValueError(f"an integer has {count} bytes, more than {INTEGER}")
    machine.stack.append(int.from_bytes(machine.stream.take(count), "little", signed=True))


def length(machine: Machine, size: int) -> int:
    """An unsigned integer of so many bytes, the little end first."""
    return int.from_bytes(machine.stream.take(size), "little")


step(b"\x8a")(lambda machine: _long(machine, length(machine, 1)))
step(b"\x8b")(lambda machine: _long(machine, length(machine, 4)))


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass")


def _text_or_bytes(data: bytes) -> str | bytes:
    """A string of Python 2 as torch.load reads it; one that is no UTF-8 stays bytes."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data


def _counted(code: bytes, size: int, make: Callable[[bytes], Any], kind: str) -> None:
    def run(machine: Machine) -> None:
        count = length(machine, size)
        if machine.keeps(count):
            machine.stack.append(make(machine.stream.take(count)))
        else:
            machine.stream.skip(count)
            machine.stack.append(Opaque(f"{kind} of {count} bytes"))

    step(code)(run)


for _code, _size, _make, _kind in (
    (b"X", 4, _decoded, "text"),
    (b"\x8c", 1, _decoded, "text"),
    (b"\x8d", 8, _decoded, "text"),
    (b"T", 4, _text_or_bytes, "text"),
    (b"U", 1, _text_or_bytes, "text"),
    (b"B", 4, bytes, "bytes"),
    (b"C", 1, bytes, "bytes"),
    (b"\x8e", 8, bytes, "bytes"),
    (b"\x96", 8, bytearray, "bytearray"),
):
    _counted(_code, _size, _make, _kind)


@step(b"I")
def _int_text(machine: Machine) -> None:
    text = machine.stream.line()
    machine.stack.append({b"00": False, b"01": True}.get(text) if text in (b"00", b"01") else number(text))


@step(b"L")
def _long_text(machine: Machine) -> None:
    machine.stack.append(number(machine.stream.line().removesuffix(b"L")))


def number(text: bytes) -> int:
    """An integer as text; raises ValueError for one that is none, or absurdly long."""
    if len(text) > INTEGER:
        raise ValueError(f"an integer has {len(text)} digits, more than {INTEGER}")
    return int(text)


@step(b"F")
def _float_text(machine: Machine) -> None:
    machine.stack.append(float(machine.stream.line()))


def _keep(machine: Machine, data: bytes, make: Callable[[bytes], Any]) -> None:
    machine.stack.append(make(data) if machine.keeps(len(data)) else Opaque(f"text of {len(data)} bytes"))


@step(b"S")
def _string_text(machine: Machine) -> None:
    text = machine.stream.line().strip()
    if len(text) < 2 or text[:1] != text[-1:] or text[:1] not in (b"'", b'"'):
        raise ValueError("a string has no quotes")
    _keep(machine, text, lambda data: _text_or_bytes(codecs.escape_decode(data[1:-1])[0]))


@step(b"V")
def _unicode_text(machine: Machine) -> None:
    _keep(machine, machine.stream.line(), lambda data: data.decode("raw-unicode-escape"))


@step(b"\x80")
def _protocol(machine: Machine) -> None:
    version = machine.stream.take(1)[0]
    if version > PROTOCOL:
        raise ValueError(f"it is of protocol {version}, expected at most {PROTOCOL}")


@step(b"\x95")
def _frame(machine: Machine) -> None:
    machine.stream.need(length(machine, 8))
