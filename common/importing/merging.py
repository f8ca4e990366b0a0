"""One class for blocks of one structure: the numbers in which they differ become parameters.

Blocks of a class whose parts, names and wires are the same are held side by side (anti-unification). A number that is
not the same in all of them is a multiple or a fraction of the channels that come in, or of another parameter, where
that holds for each; else it is a parameter of its own, which is called as the model's own class calls it, if it does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from ..op import Op
from .tidy import Steps
from .tree import Tree

Slot = tuple[int | str, ...]
"""Where a number stands in a block: the places of the parts that it is in, then its field or parameter."""
FIXED = {"folded", "size", "source", "indices"}
"""Fields that follow from the size of the image, or are no single numbers."""
NAMES = {"features": "channels", "pads": "pad"}
DEFAULTS = {"stride": 1, "dilation": 1, "groups": 1}
IN = "in_channels"
FACTORS = (1, 2, 3, 4, 6, 8)


@dataclass(frozen=True)
class Expression:
    """`times` * name // `over`."""

    name: str
    times: int = 1
    over: int = 1

    def of(self, values: Mapping[str, int]) -> int:
        """Its value, which remembers what it is made of."""
        value = values[self.name]
        return self.times * value if self.times != 1 else value // self.over if self.over != 1 else value


@dataclass
class Merged:
    """The parameters of a block with their values, and the expression of each number that depends on one."""

    parameters: dict[str, int] = field(default_factory=dict)
    expressions: dict[Slot, Expression] = field(default_factory=dict)


def merged(given: Steps, root: Tree) -> dict[int, Merged]:
    """What is said of each block, by the id of its tree."""
    return _Merging(given).of(root)


def applied(op: Op, slot: Slot, told: Merged, values: Mapping[str, int]) -> Op:
    """An op with the expressions of its numbers; they never change one."""
    changed: dict[str, Any] = {}
    for name, place, number in numbers(op):
        expression = told.expressions.get((*slot, name, *place))
        made = expression.of(values) if expression else number
        if made != number:
            continue
        if place:
            before = changed.get(name, getattr(op, name))
            changed[name] = (*before[: place[0]], made, *before[place[0] + 1 :])
        else:
            changed[name] = made
    return replace(op, **changed) if changed else op


def numbers(op: Op) -> Iterator[tuple[str, tuple[int, ...], int]]:
    """(field, place in it, value) of the whole numbers of an op."""
    for item in fields(op):
        value = getattr(op, item.name)
        if item.name in FIXED or isinstance(value, bool):
            continue
        if isinstance(value, int):
            yield item.name, (), value
        elif isinstance(value, tuple) and value and all(type(number) is int for number in value):
            yield from ((item.name, (place,), number) for place, number in enumerate(value))


@dataclass
class _Merging:
    given: Steps
    told: dict[int, Merged] = field(default_factory=dict)
    keys: dict[int, Any] = field(default_factory=dict)

    def of(self, root: Tree) -> dict[int, Merged]:
        levels: dict[int, list[Tree]] = defaultdict(list)
        self._level(root, levels)
        for depth in sorted(levels):
            groups: dict[Any, list[Tree]] = defaultdict(list)
            for tree in levels[depth]:
                self.keys[id(tree)] = key = self._key(tree)
                groups[key].append(tree)
            for group in groups.values():
                self._merge(group)
        self.told[id(root)] = Merged()
        return self.told

    def _level(self, tree: Tree, levels: dict[int, list[Tree]]) -> int:
        inner = [item for item in tree.items if isinstance(item, Tree)]
        depth = max((self._level(item, levels) + (item.style != "stack") for item in inner), default=0)
        if tree.path and tree.style != "stack":
            levels[depth].append(tree)
        return depth

    def _key(self, tree: Tree) -> Any:
        """The structure of a block, without its numbers."""
        places = {step: place for place, step in enumerate(_produced(tree))}
        found: list[Any] = [tree.kind, tree.style, tree.listed, len(tree.inputs), [places[i] for i in tree.outputs]]
        for item in tree.items:
            if isinstance(item, Tree):
                key = self._key(item) if item.style == "stack" else self.keys[id(item)]
                found.append((tree.name(item.path), key, tuple(places.get(i, -1) for i in item.inputs)))
                continue
            step = self.given.steps[item]
            op, name = step.op, tree.name(step.label) if step.names else ""
            varies = {n for n, _, _ in numbers(op)} if op else set()
            rest = [(f.name, getattr(op, f.name)) for f in fields(op) if f.name not in varies | FIXED] if op else []
            found.append((name, op and op.kind, repr(rest), tuple(places.get(i, -1) for i in step.inputs)))
        return repr(found)

    def _merge(self, group: list[Tree]) -> None:
        tables = [dict(self._slots(tree, ())) for tree in group]
        known: dict[str, list[int]] = {}
        if not group[0].listed:
            known[IN] = [self.given.steps[tree.inputs[0]].shape[0] for tree in group]
        expressions: dict[Slot, Expression] = {}
        for slot in tables[0]:
            values = [table[slot] for table in tables]
            if len(set(values)) == 1:
                continue
            found = _expression(values, known)
            if found is None:
                name = self._name(slot, values, group, known)
                known[name] = values
                found = Expression(name)
            expressions[slot] = found
        for place, tree in enumerate(group):
            own = {name: values[place] for name, values in known.items() if name != IN}
            self.told[id(tree)] = Merged(own, expressions)

    def _slots(self, tree: Tree, before: Slot) -> Iterator[tuple[Slot, int]]:
        for place, item in enumerate(tree.items):
            if isinstance(item, Tree) and item.style == "stack":
                yield from self._slots(item, (*before, place))
            elif isinstance(item, Tree):
                for name, value in self.told[id(item)].parameters.items():
                    yield (*before, place, name), value
            else:
                op = self.given.steps[item].op
                for name, inner, value in numbers(op) if op else ():
                    yield (*before, place, name, *inner), value

    def _name(self, slot: Slot, values: list[int], group: list[Tree], known: dict[str, list[int]]) -> str:
        """What the model's class calls a number, or else what its op does."""
        for name, _ in group[0].settings:
            if name not in known and [dict(tree.settings).get(name) for tree in group] == values:
                return name
        word = next(str(part) for part in reversed(slot) if isinstance(part, str)).rstrip("0123456789_")
        base = NAMES.get(word, word)
        names = (base if count == 1 else f"{base}{count}" for count in range(1, len(known) + 3))
        return next(name for name in names if name not in known)


def _expression(values: list[int], known: dict[str, list[int]]) -> Expression | None:
    """The expression of a parameter that has these values in every block."""
    for factor in FACTORS:
        for name, numbers_known in known.items():
            pairs = list(zip(values, numbers_known, strict=True))
            if all(value == factor * number for value, number in pairs):
                return Expression(name, times=factor)
            if all(number == factor * value for value, number in pairs):
                return Expression(name, over=factor)
    return None


def _produced(tree: Tree) -> Iterator[int]:
    yield from tree.inputs
    for item in tree.items:
        yield from item.outputs if isinstance(item, Tree) else (item,)
