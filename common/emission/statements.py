"""The body of a forward: which values are nested into one expression, and what the others are called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from ..spec import Call, Net

Expression = Callable[[int | Call, list[str]], str]
NAMES = "xyzuvwabcdefghijklmnopqrst"
DEPTH = 3


def statements(net: Net, call: Call, inputs: list[str], expression: Expression) -> list[tuple[str, list[int | Call]]]:
    """The statements that compute a block's outputs from its named inputs, with the items that each runs, in order.

    A value used once, by the very next item, is nested, at most three calls deep and not across an activation;
    a new name takes over from a value that dies, as a person would write `x = f(x)`.
    """
    return list(_statements(net, call, inputs, expression))


def _statements(
    net: Net, call: Call, inputs: list[str], expression: Expression
) -> Iterator[tuple[str, list[int | Call]]]:
    left = _uses(net, call)
    names = dict(zip(call.inputs, inputs, strict=True))
    depth: dict[int, int] = {}
    ran: list[int | Call] = []
    for place, item in enumerate(call.body):
        wires = item.inputs if isinstance(item, Call) else net.nodes[item].inputs
        outputs = item.outputs if isinstance(item, Call) else (item,)
        text = expression(item, [names[index] for index in wires])
        ran.append(item)
        last = place == len(call.body) - 1
        if last and outputs == call.outputs:
            yield f"return {text}", ran
            return
        if len(outputs) == 1 and not last and _nests(net, call, place, outputs[0], left, depth, wires):
            depth[outputs[0]] = 1 + max((depth.get(index, 0) for index in wires), default=0)
            names[outputs[0]] = text
            left.subtract(wires)
            continue
        left.subtract(wires)
        for index in outputs:
            names[index] = _name(names, left, wires)
        yield f"{', '.join(names[index] for index in outputs)} = {text}", ran
        ran = []
    yield f"return {', '.join(names[index] for index in call.outputs)}", []


def _uses(net: Net, call: Call) -> Counter[int]:
    """How often each value is still to be read inside this block; its outputs are read once at the end."""
    uses = Counter(call.outputs)
    for item in call.body:
        uses.update(item.inputs if isinstance(item, Call) else net.nodes[item].inputs)
    return uses


def _nests(
    net: Net, call: Call, place: int, output: int, left: Counter[int], depth: dict[int, int], wires: tuple[int, ...]
) -> bool:
    item, following = call.body[place], call.body[place + 1]
    if isinstance(item, Call) or isinstance(following, Call) or left[output] != 1:
        return False
    if output not in net.nodes[following].inputs or net.nodes[item].op.inplace:
        return False
    deepest: int = max((depth.get(index, 0) for index in wires), default=0)
    return deepest < DEPTH - 1


def _name(names: dict[int, str], left: Counter[int], wires: tuple[int, ...]) -> str:
    """The name of a dying operand, else the first letter that no living value bears."""
    alive = {name for index, name in names.items() if left[index] > 0 and name.isidentifier()}
    dying = [names[index] for index in wires if names[index].isidentifier() and names[index] not in alive]
    free: list[str] = [name for name in [*dying, *NAMES] if name not in alive]
    return free[0]
