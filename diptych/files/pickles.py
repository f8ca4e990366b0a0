"""A machine for pickles that imports nothing and calls nothing: what is no plain data becomes an inert stub.

The opcodes of protocols 0 to 5 are those of CPython's pickletools. Every step costs a bounded time and memory, so that
a pickle costs as much as it is long: strings are held against the bytes left, the memo is a dict, steps are counted.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import Any

from . import pickle_steps  # noqa: F401  # it adds its opcodes to STEPS
from .pickle_atoms import STEPS
from .pickle_stream import Stream
from .pickle_values import Constant, Global, Opaque, Ordered, Stub

STEPS_AT_MOST = 2_000_000
"""A state dict takes about forty per tensor."""
TUPLE_KEYS, TUPLE_SIZE = 10_000, 100
"""Tuples as keys: as many in a pickle, as many values in each. Their hashes can be made to collide."""
TEXT, TEXTS = 1 << 20, 1 << 25
"""Bytes of a text that is kept, and of all of them; of others, only their length is."""
ATTRIBUTES = ("diptych", "_metadata")
"""What is kept of the attributes that are set on a dict: ours, and torch's own."""
Known = Mapping[str, Any]
"""What a pickle may name: "module.name" -> what makes a value from a tuple of arguments, or a Constant."""


class Machine:
    """The state of a pickle that is being read: the stack since the last mark, the stacks before, and the memo."""

    def __init__(self, stream: Stream, known: Known, stored: Callable[[Any], Any] | None = None) -> None:
        self.stream, self.known, self.stored = stream, known, stored
        self.stack: list[Any] = []
        self.marks: list[list[Any]] = []
        self.memo: dict[int, Any] = {}
        self.tuple_keys = self.charged = self.texts = 0

    def run(self) -> Any:
        """The value; raises FileError for what is no whole pickle, or no possible one."""
        try:
            return self._run()
        except IndexError:
            raise self.stream.error("it takes from an empty stack") from None
        except KeyError as error:
            raise self.stream.error(f"it asks for the memo {error}, which was never put") from None
        except (ValueError, TypeError, OverflowError, AttributeError, struct.error) as error:
            raise self.stream.error(str(error)[:120] or type(error).__name__) from None

    def _run(self) -> Any:
        read = self.stream.read
        for _ in range(STEPS_AT_MOST):
            code = read(1)
            if code == b".":
                return self.stack.pop()
            step = STEPS.get(code)
            if step is None:
                raise self.stream.error(f"it has the opcode {code!r}, which none has" if code else "it is cut short")
            step(self)
        raise self.stream.error(f"it takes more than {STEPS_AT_MOST} steps")

    def charge(self, steps: int) -> None:
        """Count work that one opcode asks for; a pickle can ask for it anew with a few bytes each time."""
        self.charged += steps
        if self.charged > STEPS_AT_MOST:
            raise self.stream.error(f"it takes more than {STEPS_AT_MOST} steps")

    def keeps(self, size: int) -> bool:
        """Whether a text of so many bytes is kept."""
        self.texts += size if size <= TEXT else 0
        return size <= TEXT and self.texts <= TEXTS

    def pop_mark(self) -> list[Any]:
        """What was put on the stack since the last mark."""
        items, self.stack = self.stack, self.marks.pop()
        return items

    def name(self, module: str, name: str) -> None:
        """Put on the stack what a pickle names."""
        self.charge(len(module) + len(name) >> 4)
        full = f"{'builtins' if module == '__builtin__' else module}.{name}"
        constant = self.known.get(full)
        self.stack.append(constant if isinstance(constant, Constant) else Global(full))

    def call(self, function: Any, arguments: Any) -> Any:
        """What a known function makes of arguments; a stub for any other."""
        if not isinstance(arguments, tuple):
            raise TypeError(f"arguments are a {type(arguments).__name__}, expected a tuple")
        self.charge(len(arguments) >> 3)
        if isinstance(function, Global):
            make = self.known.get(function.name)
            if make is not None:
                return make(self, *arguments)
            first = arguments[0] if arguments else None
            made = function.name in RECONSTRUCTORS and isinstance(first, Global)
            return Stub(first.name if made and isinstance(first, Global) else function.name, arguments)
        return Stub(function.name if isinstance(function, Stub) else type(function).__name__, arguments)

    def put(self, target: Any, items: list[Any]) -> None:
        """Set keys and values, which take turns, in a dict; a stub ignores them."""
        if len(items) % 2:
            raise ValueError("a key has no value")
        if isinstance(target, dict):
            for key, value in zip(items[::2], items[1::2], strict=True):
                target[self.key(key)] = value
        elif not isinstance(target, Stub | Opaque):
            raise TypeError(f"items are set in a {type(target).__name__}, expected a dict")

    def key(self, value: Any) -> Any:
        """A key of a dict or a member of a set; raises TypeError for what has no hash, or one of unbounded cost."""
        if isinstance(value, tuple):
            self.tuple_keys += 1
            if self.tuple_keys > TUPLE_KEYS or not _is_small(value):
                raise TypeError("a key is a large tuple, or one of very many")
        elif isinstance(value, int) and not -(1 << 63) <= value < 1 << 64:
            raise TypeError("a key is an integer of more than 64 bits")
        elif isinstance(value, dict | list | set | frozenset | bytearray | complex):
            raise TypeError(f"a key is a {type(value).__name__}")
        return value

    def build(self, target: Any, state: Any) -> None:
        """Keep the attributes that are set on a dict, and the state of a stub, which is not looked at here."""
        if isinstance(target, Ordered):
            if isinstance(state, dict):
                target.attributes.update({name: state[name] for name in ATTRIBUTES if name in state})
        elif isinstance(target, Stub):
            target.state = state
        elif not isinstance(target, Opaque):
            raise TypeError(f"attributes are set on a {type(target).__name__}")


RECONSTRUCTORS = ("copy_reg._reconstructor", "copyreg._reconstructor", "copyreg.__newobj__", "copy_reg.__newobj__")
"""What makes an object of the class that is its first argument."""


def _is_small(value: tuple[Any, ...]) -> bool:
    """Whether a tuple has a bounded number of plain values in it, through all its tuples."""
    waiting, seen = [value], 0
    while waiting:
        items = waiting.pop()
        seen += len(items) + 1
        if seen > TUPLE_SIZE:
            return False
        for item in items:
            if isinstance(item, tuple):
                waiting.append(item)
            elif not isinstance(item, str | bytes | bool | float | int | None) or (
                isinstance(item, int) and not -(1 << 63) <= item < 1 << 64
            ):
                return False
    return True
