"""The body of a forward: which values are nested into one expression, and what the others are called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..lowering import Function, Name
from ..spec import Call, Net
from .context import Context
from .expressions import filled
from .lists import Item
from .program import Assign, Return, Statement

NAMES = "xyzuvwabcdefghijklmnopqrst"
DEPTH = 3


@dataclass
class Values:
    """The values of a block at one point of its method: what each is written as, and how often it is still read."""

    written: dict[int, Any]
    left: Counter[int]
    depth: dict[int, int] = field(default_factory=dict)

    def deepest(self, wires: Sequence[int]) -> int:
        """How many calls are nested in the expressions of some values."""
        return max((self.depth.get(index, 0) for index in wires), default=0)

    def nest(self, index: int, expression: Any, wires: Sequence[int]) -> None:
        """Write a value as this expression of others wherever it is read."""
        self.depth[index] = 1 + self.deepest(wires)
        self.written[index] = expression
        self.left.subtract(wires)

    def name(self, index: int, wires: Sequence[int]) -> Name:
        """Name a value: as a dying operand is, else by the first letter that no living value bears."""
        alive = [value for index, value in self.written.items() if self.left[index] > 0]
        dying = [self.written[index] for index in wires if isinstance(self.written[index], Name)]
        name: Name = next(name for name in [*dying, *map(Name, NAMES)] if name not in alive)
        self.written[index] = name
        return name


def statements(context: Context, call: Call, inputs: Sequence[str]) -> Iterator[Statement]:
    """The statements that compute a block's outputs from its named inputs, in order.

    A value used once, by the very next item, is nested, at most three calls deep and not across an activation;
    a new name takes over from a value that dies, as a person would write `x = f(x)`.
    """
    net = context.net
    values = Values(dict(zip(call.inputs, map(Name, inputs), strict=True)), _uses(net, call))
    ran: list[Item] = []
    for place, item in enumerate(call.body):
        wires, outputs = _wires(net, item)
        value = applied(context, call, item, [values.written[index] for index in wires])
        ran.append(item)
        if place == len(call.body) - 1 and outputs == call.outputs:
            yield Return((value,), context.paths(*ran))
            return
        if context.lowering(item).attribute:
            values.written[outputs[0]] = value
            continue
        if _nests(net, call, place, values):
            values.nest(outputs[0], value, wires)
            continue
        values.left.subtract(wires)
        yield Assign(tuple(values.name(index, wires) for index in outputs), value, context.paths(*ran))
        ran = []
    yield Return(tuple(values.written[index] for index in call.outputs))


def applied(context: Context, call: Call, item: Item, operands: Sequence[Any]) -> Any:
    """The expression that computes a node or a block from its operands."""
    lowering, layer = context.lowering(item), context.layer(call, item)
    if lowering.function:
        return filled(lowering.function, operands)
    return layer if lowering.attribute else Function(layer, tuple(operands))


def _wires(net: Net, item: Item) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """What a node or a block reads, and what it gives."""
    return (item.inputs, item.outputs) if isinstance(item, Call) else (net.nodes[item].inputs, (item,))


def _uses(net: Net, call: Call) -> Counter[int]:
    """How often each value is still to be read inside this block; its outputs are read once at the end."""
    uses = Counter(call.outputs)
    for item in call.body:
        uses.update(_wires(net, item)[0])
    return uses


def _nests(net: Net, call: Call, place: int, values: Values) -> bool:
    """Whether the value of an item is nested into the item that follows."""
    item, following = (*call.body, None)[place : place + 2]
    if not isinstance(item, int) or not isinstance(following, int) or values.left[item] != 1:
        return False
    if item not in net.nodes[following].inputs or net.nodes[item].op.inplace:
        return False
    return values.deepest(net.nodes[item].inputs) < DEPTH - 1
