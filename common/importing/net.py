"""From the tree of a model to a Net: it is traced, block by block, like a network that a person wrote."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..errors import SpecError
from ..ops.flatten import Flatten
from ..ops.linear import Linear
from ..spec import Net, Node
from ..trace import Value, apply, block, sequence, shared, stack, trace
from .merging import DEFAULTS, IN, Merged, Slot, applied, merged
from .naming import named
from .tidy import Steps
from .tree import Tree, grown

VALUES = ("x", "y", "z")
LIST = "values"
"""What a block calls what comes in."""


def traced(given: Steps, name: str, title: str, doc: str) -> tuple[Net, Tree]:
    """The Net of a model, and its tree; raises SpecError for what cannot be one."""
    tree = grown(given, title, doc)
    try:
        return _Tracing(given, tree).net(name, title), tree
    except SpecError:
        # Calls of one module that differ, or that stand in other blocks: they share weights by name alone.
        tree = grown(given, title, doc, sharing=False)
        return _Tracing(given, tree, sharing=False).net(name, title), tree


@dataclass
class _Calls:
    """The calls of blocks in one block: how many there are of each module, and what traces them."""

    count: Counter[str]
    made: dict[str, tuple[Callable[..., Any], list[Tree]]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Inside:
    """Where a trace is: what is said of the block, the values of its parameters, and the place in it.

    `again` is a later call of a block, whose layers are those of the first.
    """

    told: Merged = field(default_factory=Merged)
    values: Mapping[str, int] = field(default_factory=dict)
    slot: Slot = ()
    again: bool = False

    def at(self, place: int) -> _Inside:
        """A part of it."""
        return replace(self, slot=(*self.slot, place))

    def number(self, name: str, value: int) -> int:
        """An argument of a part, in the terms of this block."""
        expression = self.told.expressions.get((*self.slot, name))
        made = expression.of(self.values) if expression else value
        return made if made == value else value


@dataclass
class _Tracing:
    """One trace; `paths` are those of the steps with weights."""

    given: Steps
    tree: Tree
    sharing: bool = True
    paths: dict[int, str] = field(default_factory=dict)
    names: dict[int, list[str]] = field(default_factory=dict)
    told: dict[int, Merged] = field(default_factory=dict)

    def net(self, name: str, title: str) -> Net:
        """The Net."""
        channels = tuple(map(int, self.given.steps[0].shape))
        labels = [label for label, _ in self.given.outputs]
        return trace(self._network, name, channels, title=title, evaluated=None if all(labels) else len(labels))

    def _network(self, x: Value) -> Any:
        values = {0: x}
        self.told = merged(self.given, self.tree)
        self._run(self.tree, values, "", _Inside())
        found = [values[index] for _, index in self.given.outputs]
        if all(label for label, _ in self.given.outputs):
            return dict(zip((label for label, _ in self.given.outputs), found, strict=True))
        return found if len(found) > 1 else found[0]

    def _run(self, tree: Tree, values: dict[int, Value], path: str, inside: _Inside) -> None:
        """Trace the parts of a block or chain, at a path."""
        count = Counter(item.path for item in tree.items if isinstance(item, Tree) and self.sharing)
        calls = _Calls(count)
        for place, (item, name) in enumerate(zip(tree.items, self._names(tree), strict=True)):
            here = inside.at(place)
            below = f"{path}.{name}" if path else name
            if not isinstance(item, Tree):
                values[item] = self._step(item, name, below, values, here)
            elif item.style == "stack":
                with stack(name):
                    self._run(item, values, below, here)
            else:
                self._call(item, name, below, values, calls, here)

    def _names(self, tree: Tree) -> list[str]:
        if id(tree) not in self.names:
            self.names[id(tree)] = named(tree, self.given)
        return self.names[id(tree)]

    def _step(self, index: int, name: str, path: str, values: Mapping[int, Value], here: _Inside) -> Value:
        step = self.given.steps[index]
        inputs = [values[source] for source in step.inputs]
        op, owner = step.op, ""
        assert op is not None  # noqa: S101 - a list with holes is refused before
        op = applied(op, here.slot, here.told, here.values)
        if isinstance(op, Flatten):
            op = replace(op, folded=inputs[0].shape)
        if isinstance(op, Linear):
            op = replace(op, folded=inputs[0].flattened)
        if step.names and not here.again:
            owner = self.paths[step.owner] if step.owner is not None else ""
            self.paths[index] = owner or path
        return apply(op, *inputs, name=name, owner=owner)

    def _call(self, item: Tree, name: str, path: str, values: dict[int, Value], calls: _Calls, here: _Inside) -> None:
        """Trace a call of a block, which may be one of several of the same module."""
        inputs = [values[index] for index in item.inputs]
        given: tuple[Any, ...] = (inputs,) if item.listed else tuple(inputs)
        numbers = {word: here.number(word, value) for word, value in self.told[id(item)].parameters.items()}
        if calls.count[item.path] < 2:
            result = self._block(item, path, here.again, [item])(*given, **numbers, name=name)
        else:
            if item.path not in calls.made:
                current: list[Tree] = []
                calls.made[item.path] = (shared(self._block(item, path, here.again, current), name=name), current)
            call, current = calls.made[item.path]
            current[:] = [item]
            result = call(*given, **numbers)
        found = [result] if isinstance(result, Value) else result
        values.update(zip(item.outputs, found, strict=True))

    def _block(self, first: Tree, path: str, again: bool, current: list[Tree]) -> Callable[..., Any]:
        """The function of a block, under the name of its class; what it traces is the tree in `current`."""
        words = [*VALUES, *(f"x{place}" for place in range(len(VALUES), len(first.inputs)))][: len(first.inputs)]
        words = [LIST] if first.listed else words
        told = self.told[id(first)]

        def body(**given: Any) -> Any:
            tree = current[0]
            came = given[LIST] if first.listed else [given[word] for word in words]
            values = dict(zip(tree.inputs, came, strict=True))
            numbers = {IN: came[0].channels} | {word: given[word] for word in told.parameters}
            self._run(tree, values, path, _Inside(told, numbers, again=again or tree is not first))
            found = [values[index] for index in tree.outputs]
            return found[0] if len(found) == 1 else tuple(found)

        body.__signature__ = _signature(words, list(told.parameters))  # type: ignore[attr-defined]
        body.__name__, body.__doc__ = first.kind, first.doc or None
        return (sequence if first.style == "sequence" else block)(body)


def _signature(values: list[str], numbers: list[str]) -> inspect.Signature:
    """Values, then numbers, those with a usual value last."""
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    ordered = sorted(numbers, key=lambda word: word in DEFAULTS)
    usual = {word: {"default": DEFAULTS[word]} for word in numbers if word in DEFAULTS}
    return inspect.Signature([inspect.Parameter(word, kind, **usual.get(word, {})) for word in [*values, *ordered]])


def nodes_of(net: Net, given: Steps, tree: Tree) -> list[tuple[Node, int]]:
    """Each node beside the step that it was made of."""
    order = list(tree.steps())
    return list(zip(net.nodes[1:], order, strict=True))
