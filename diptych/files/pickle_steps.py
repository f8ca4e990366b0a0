"""What the opcodes of a pickle do that take something from the stack of the machine or from its memo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .pickle_atoms import length, number, step
from .pickle_values import Global, Opaque, Stub

if TYPE_CHECKING:
    from .pickles import Machine


@step(b"(")
def _mark(machine: Machine) -> None:
    machine.marks.append(machine.stack)
    machine.stack = []


@step(b"0")
def _pop(machine: Machine) -> None:
    if machine.stack:
        machine.stack.pop()
    else:
        machine.pop_mark()


@step(b"1")
def _pop_mark(machine: Machine) -> None:
    machine.pop_mark()


@step(b"2")
def _duplicate(machine: Machine) -> None:
    machine.stack.append(machine.stack[-1])


@step(b"q")
def _put(machine: Machine) -> None:
    machine.memo[machine.stream.take(1)[0]] = machine.stack[-1]


@step(b"r")
def _long_put(machine: Machine) -> None:
    machine.memo[length(machine, 4)] = machine.stack[-1]


def _index(machine: Machine) -> int:
    index = number(machine.stream.line())
    if not 0 <= index < 1 << 32:
        raise ValueError(f"its memo has no place {index}")
    return index


@step(b"p")
def _text_put(machine: Machine) -> None:
    machine.memo[_index(machine)] = machine.stack[-1]


@step(b"\x94")
def _memoize(machine: Machine) -> None:
    machine.memo[len(machine.memo)] = machine.stack[-1]


@step(b"h")
def _get(machine: Machine) -> None:
    machine.stack.append(machine.memo[machine.stream.take(1)[0]])


@step(b"j")
def _long_get(machine: Machine) -> None:
    machine.stack.append(machine.memo[length(machine, 4)])


@step(b"g")
def _text_get(machine: Machine) -> None:
    machine.stack.append(machine.memo[_index(machine)])


@step(b"t")
def _tuple(machine: Machine) -> None:
    items = machine.pop_mark()
    machine.stack.append(tuple(items))


def _short_tuple(code: bytes, count: int) -> None:
    def run(machine: Machine) -> None:
        stack = machine.stack
        if len(stack) < count:
            raise IndexError
        stack[-count:] = [tuple(stack[-count:])]

    step(code)(run)


for _count, _code in enumerate((b"\x85", b"\x86", b"\x87"), 1):
    _short_tuple(_code, _count)


@step(b"l")
def _list(machine: Machine) -> None:
    items = machine.pop_mark()
    machine.stack.append(items)


@step(b"d")
def _dict(machine: Machine) -> None:
    items, made = machine.pop_mark(), dict[Any, Any]()
    machine.put(made, items)
    machine.stack.append(made)


@step(b"\x91")
def _frozenset(machine: Machine) -> None:
    items = machine.pop_mark()
    machine.stack.append(frozenset(map(machine.key, items)))


def _extend(machine: Machine, items: list[Any]) -> None:
    target = machine.stack[-1]
    if type(target) is list:
        target.extend(items)
    elif not isinstance(target, Stub | Opaque):
        raise TypeError(f"items are appended to a {type(target).__name__}, expected a list")


@step(b"a")
def _append(machine: Machine) -> None:
    item = machine.stack.pop()
    _extend(machine, [item])


@step(b"e")
def _appends(machine: Machine) -> None:
    items = machine.pop_mark()
    _extend(machine, items)


@step(b"\x90")
def _add_items(machine: Machine) -> None:
    items, target = machine.pop_mark(), machine.stack[-1]
    if type(target) is set:
        target.update(map(machine.key, items))
    elif not isinstance(target, Stub | Opaque):
        raise TypeError(f"items are added to a {type(target).__name__}, expected a set")


@step(b"s")
def _set_item(machine: Machine) -> None:
    value, key = machine.stack.pop(), machine.stack.pop()
    machine.put(machine.stack[-1], [key, value])


@step(b"u")
def _set_items(machine: Machine) -> None:
    items = machine.pop_mark()
    machine.put(machine.stack[-1], items)


@step(b"c")
def _global(machine: Machine) -> None:
    module, name = (machine.stream.line().decode("utf-8") for _ in range(2))
    machine.name(module, name)


@step(b"\x93")
def _stack_global(machine: Machine) -> None:
    name, module = machine.stack.pop(), machine.stack.pop()
    if not isinstance(name, str) or not isinstance(module, str):
        raise TypeError("a class is named by something else than two texts")
    machine.name(module, name)


@step(b"R")
def _reduce(machine: Machine) -> None:
    arguments, function = machine.stack.pop(), machine.stack.pop()
    machine.stack.append(machine.call(function, arguments))


@step(b"\x81")
def _new(machine: Machine) -> None:
    arguments, kind = machine.stack.pop(), machine.stack.pop()
    machine.stack.append(machine.call(kind, arguments))


@step(b"\x92")
def _new_with_names(machine: Machine) -> None:
    named, arguments, kind = (machine.stack.pop() for _ in range(3))
    machine.stack.append(Stub(kind.name if isinstance(kind, Global) else type(kind).__name__, (arguments, named)))


@step(b"i")
def _instance(machine: Machine) -> None:
    module, name = (machine.stream.line().decode("utf-8") for _ in range(2))
    items = machine.pop_mark()
    machine.stack.append(Stub(f"{module}.{name}", tuple(items)))


@step(b"o")
def _object(machine: Machine) -> None:
    kind, *arguments = machine.pop_mark()
    machine.stack.append(Stub(kind.name if isinstance(kind, Global) else type(kind).__name__, tuple(arguments)))


@step(b"b")
def _build(machine: Machine) -> None:
    state = machine.stack.pop()
    machine.build(machine.stack[-1], state)


@step(b"Q")
def _persistent(machine: Machine) -> None:
    if machine.stored is None:
        raise ValueError("it refers to something outside")
    machine.stack.append(machine.stored(machine.stack.pop()))


@step(b"P")
def _persistent_text(machine: Machine) -> None:
    raise ValueError("it refers to something outside by a text, expected a tuple")


@step(b"\x82", b"\x83", b"\x84", b"\x97", b"\x98")
def _elsewhere(machine: Machine) -> None:
    raise ValueError("it takes a value from elsewhere (an extension, or a buffer)")
