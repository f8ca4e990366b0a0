"""The values of a block at one point of its method: what each is written as, and how often it is still read."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ..lowering import Item as Part
from ..lowering import Name
from ..spec import Call, Net
from .branches import telling_names
from .lists import Item, wires
from .names import safe

NAMES = "xyzuvwabcdefghijklmnopqrst"


def inputs(call: Call) -> list[tuple[str, int | None]]:
    """The parameters of a block's method: the name of each, and the length of a list."""
    first, *rest = call.parameters
    others = [name for name, _ in rest]
    usual = "x" if first[1] is None else "xs"
    return [(first[0] if usual in others else usual, first[1]), *((safe(name), count) for name, count in rest)]


@dataclass
class Values:
    """What is written for each value, by the index of its node; the lists that came in are `lists`.

    `telling` are the names of those that have better ones than letters. `taken` counts the values that are still read
    by their names, and of the numbered names those below `free` are: so a name is found without looking at every value.
    """

    written: dict[int, Any]
    left: Counter[int]
    lists: dict[str, int]
    telling: dict[int, str]
    depth: dict[int, int] = field(default_factory=dict)
    taken: Counter[str] = field(default_factory=Counter)
    free: int = 1

    def __post_init__(self) -> None:
        """The names of what came in and is read are taken."""
        for index, value in self.written.items():
            self._take(index, value)

    def _take(self, index: int, value: Any) -> None:
        self.written[index] = value
        if isinstance(value, Name) and self.left[index] > 0:
            self.taken[value.name] += 1

    def read(self, operands: Sequence[int]) -> None:
        """Count that these were read; the name of one that is read no more is free."""
        for index in operands:
            self.left[index] -= 1
            value = self.written[index]
            if self.left[index] == 0 and isinstance(value, Name):
                self.taken[value.name] -= 1
                number = value.name.removeprefix("x")
                self.free = min(self.free, int(number) if number.isdecimal() else self.free)

    @staticmethod
    def of(net: Net, call: Call) -> Values:
        """The values that come into a block; its outputs are read once at the end."""
        written = [value for name, count in inputs(call) for value in _entries(name, count)]
        left = Counter(call.outputs)
        for item in call.body:
            left.update(wires(net, item)[0])
        lists = {name: count for name, count in inputs(call) if count is not None}
        return Values(dict(zip(call.inputs, written, strict=True)), left, lists, telling_names(net, call))

    def deepest(self, indexes: Sequence[int]) -> int:
        """How many calls are nested in the expressions of some values."""
        return max((self.depth.get(index, 0) for index in indexes), default=0)

    def nest(self, index: int, expression: Any, operands: Sequence[int]) -> None:
        """Write a value as this expression of others wherever it is read."""
        self.depth[index] = 1 + self.deepest(operands) if operands else 0
        self._take(index, expression)
        self.read(operands)

    def arguments(self, call: Call) -> list[Any]:
        """What a block is called with: values, and lists of them; a chain without parameters takes one value."""
        found, done = list[Any](), 0
        for _, count in call.parameters or [("x", None)]:
            several = [self.written[index] for index in call.inputs[done : done + (count or 1)]]
            found.append(several[0] if count is None else self._list(several))
            done += count or 1
        return found

    def targets(self, item: Item, outputs: Sequence[int], operands: Sequence[int]) -> Any:
        """Names for what an item gives: one, or a tuple of them for what answers with several."""
        names = [self._name(index, operands) for index in outputs]
        return tuple(names) if isinstance(item, Call) and item.returns != "value" else names[0]

    def _name(self, index: int, operands: Sequence[int]) -> Name:
        """Name a value: as it is best told, as a dying operand is, or by the first letter that is free."""
        read = (self.written[other] for other in operands)
        dying = [value.name for value in read if isinstance(value, Name)]
        best = [self.telling[index]] if index in self.telling else []
        name = next((name for name in itertools.chain(best, dying, NAMES) if not self.taken[name]), "")
        if not name:
            self.free = next(number for number in itertools.count(self.free) if not self.taken[f"x{number}"])
            name = f"x{self.free}"
        self._take(index, Name(name))
        return Name(name)

    def _list(self, values: list[Any]) -> Any:
        """Values as a list, or the list that came in, where they are all of it."""
        whole = (Name(name) for name, count in self.lists.items() if values == _entries(name, count))
        return next(whole, values)


def _entries(name: str, count: int | None) -> list[Any]:
    return [Name(name)] if count is None else [Part(Name(name), number) for number in range(count)]
