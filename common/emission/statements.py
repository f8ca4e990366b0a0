"""The body of a forward: which values are nested into one expression, and what the others are called."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..lowering import Function, Operator
from ..spec import Call, Net
from .context import LEVEL, Context
from .expressions import filled
from .lists import Item, wires
from .program import Assign, Return, Statement
from .values import Values

DEPTH = 3


def statements(context: Context, call: Call) -> Iterator[Statement]:
    """The statements that compute a block's outputs from its named inputs, in order.

    A value used once, by the very next item, is nested, at most three calls deep and not across an activation;
    a new name takes over from a value that dies, as a person would write `x = f(x)`.
    """
    values, ran = Values.of(context.net, call), list[Item]()
    for place, item in enumerate(call.body):
        inputs, outputs = wires(context.net, item)
        value = applied(context, call, item, values)
        ran.append(item)
        if _answers(context.net, call, place):
            yield Return(value, context.paths(*ran))
            return
        if context.lowering(item).attribute or _nests(context.net, call, place, values):
            values.nest(outputs[0], value, inputs)
            continue
        values.read(inputs)
        yield Assign(values.targets(item, outputs, inputs), value, context.paths(*ran))
        ran = []
    yield Return(_answer(context.net, call, values), context.paths(*ran))


def applied(context: Context, call: Call, item: Item, values: Values) -> Any:
    """The expression that computes a node or a block from its inputs."""
    if isinstance(item, Call):
        number = {LEVEL.name: LEVEL if context.count(call) > 1 else item.number} if context.count(item) > 1 else {}
        return Function(context.layer(call, item), tuple(values.arguments(item)), number)
    lowering = context.lowering(item)
    if lowering.attribute:
        own = context.layer(call, item)
        return filled(lowering.read, [own]) if lowering.read else own
    operands = [values.written[index] for index in context.net.nodes[item].inputs]
    if not lowering.function:
        return Function(context.layer(call, item), tuple(operands))
    if isinstance(lowering.function, Operator) and _owned(context, item):
        # A variable of Keras on the left of a sign takes no tensor without numbers; on its right it does.
        operands.reverse()
    return filled(lowering.function, operands)


def _owned(context: Context, item: int) -> bool:
    """Whether the first of two inputs alone is a weight of the block."""
    return [context.lowering(index).attribute for index in context.net.nodes[item].inputs] == [True, False]


def _answers(net: Net, call: Call, place: int) -> bool:
    """Whether an item is the last, and answers as the block does."""
    item = call.body[place]
    if place < len(call.body) - 1 or wires(net, item)[1] != call.outputs or (call is net.root and net.output_names):
        return False
    return call.returns == (item.returns if isinstance(item, Call) else "value")


def _answer(net: Net, call: Call, values: Values) -> Any:
    """What a block returns: a value, or several in a list, a tuple, or a dict by name."""
    found = [values.written[index] for index in call.outputs]
    if call is net.root and net.output_names:
        return dict(zip(net.output_names, found, strict=True))
    return {"value": found[0], "list": found, "tuple": tuple(found)}[call.returns]


def _nests(net: Net, call: Call, place: int, values: Values) -> bool:
    """Whether the value of an item is nested into the item that follows."""
    item, following = call.body[place], call.body[place + 1] if place + 1 < len(call.body) else None
    if not isinstance(item, int) or not isinstance(following, int) or values.left[item] != 1:
        return False
    if item not in net.nodes[following].inputs or net.nodes[item].op.inplace:
        return False
    return values.deepest(net.nodes[item].inputs) < DEPTH - 1
