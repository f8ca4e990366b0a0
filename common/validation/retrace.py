"""A net traced once more from its own data: what the tracer makes of it must be what the data says.

So every rule of a trace holds for data, too: names, shapes, what a block may read, chains, ties and shared blocks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..calls import difference
from ..errors import SpecError
from ..spec import Call, Net, Node
from ..trace import apply, check_outputs, check_used
from ..tracer import CURRENT, Frame, Tracer
from ..values import Value, symbolic
from .interface import check_block, check_head, check_root
from .kinds import wrong
from .symbols import check_symbols

SIDE, LENGTH = 1 << 20, 1 << 31
"""The longest axis of a map, and the longest vector."""
MADE = ("path", "in_shapes", "shape", "flattened", "owner", "per_call")
CLOSED = ("path", "inputs", "owner", "number", "per_call")
FAULTS = (ArithmeticError, AttributeError, IndexError, KeyError, TypeError, ValueError)
"""What arithmetic with fields of the right type and no meaning can end in."""


def check(net: Net) -> None:
    """Raise SpecError, naming the place, where a net is none that a trace can make."""
    check_head(net)
    work = _Retrace(net)
    token = CURRENT.set(work.tracer)
    try:
        work.root()
    finally:
        CURRENT.reset(token)
    check_outputs(net)
    check_used(net)


class _Again(Tracer):
    """A tracer to which no line of code belongs, and whose owners are named by their paths."""

    def child(self, name: str | None, default: str) -> str:
        return self.frames[-1].child(name, default)

    def find(self, frame: Frame, owner: str) -> Node | None:
        return self.known.get(owner)


class _Retrace:
    """The trace so far; `first` are the blocks that later calls may share, each with the frame around it."""

    def __init__(self, net: Net) -> None:
        self.net, self.tracer = net, _Again()
        self.first: dict[str, tuple[Call, Frame]] = {}
        self.count: dict[str, int] = {}
        self.shared = {call.owner for call in net.root.walk() if call.owner}

    def root(self) -> None:
        """Trace the network, which must have no other nodes than its blocks have."""
        root = self.net.root
        check_root(self.net)
        frame = Frame("", root.block, "block", root.doc, root.arguments, input_channels=root.input_channels)
        self.tracer.frames.append(frame)
        known = self._known(root)
        self._node(0, frame, known)
        frame.body.clear()
        frame.names.discard("input")
        frame.inputs, frame.visible = (0,), {0}
        self._body(root, frame, "root", known)
        if len(self.tracer.nodes) < len(self.net.nodes):
            raise SpecError(f"nodes[{len(self.tracer.nodes)}]: it stands in no block; expected in the body of one")

    def _body(self, call: Call, frame: Frame, where: str, known: Mapping[str, int]) -> None:
        for place, item in enumerate(call.body):
            if isinstance(item, Call):
                self._call(item, frame, f"{where}.body[{place}]", known)
            elif item == len(self.tracer.nodes):
                self._node(item, frame, known)
            else:
                raise wrong(f"{where}.body[{place}]", item, f"{len(self.tracer.nodes)}, the next node")
        if call.style != "block":
            last = call.inputs[:1] if frame.chained is None else (frame.chained,)
            if call.outputs != last:
                raise wrong(f"{where}.outputs", call.outputs, f"{list(last)}, the end of the chain")
        elif hidden := [index for index in call.outputs if index not in frame.visible]:
            raise wrong(f"{where}.outputs", hidden[0], "a node of this block, or one that came in")

    def _node(self, index: int, frame: Frame, known: Mapping[str, int]) -> None:
        node, where, nodes = self.net.nodes[index], f"nodes[{index}]", self.net.nodes
        numbers = {"in_shapes": node.in_shapes, "flattened": node.flattened}
        for name, value in (numbers | {f"op.fields.{key}": value for key, value in vars(node.op).items()}).items():
            check_symbols(f"{where}.{name}", value, known)
        name = _name(frame, node, where)
        given = [Value(i, nodes[i].shape, nodes[i].flattened) for i in node.inputs]
        frame.per_call = node.per_call
        try:
            own = frame.double(node.path) if node.owner else ""
            apply(node.op, *given, name=name, owner="" if node.owner == own else node.owner)
            node.weights()
        except SpecError as error:
            raise SpecError(f"{where}: {error}") from None
        except FAULTS as error:
            raise SpecError(
                f"{where} ({node.kind}): its fields and inputs have no meaning together ({error})"
            ) from None
        finally:
            frame.per_call = False
        _same(where, node, self.tracer.nodes[-1], MADE)
        if max(node.shape) > (SIDE if len(node.shape) > 1 else LENGTH):
            raise wrong(
                f"{where}.shape", node.shape, f"at most {SIDE:,} along the axes of a map, {LENGTH:,} in a vector"
            )

    def _call(self, call: Call, around: Frame, where: str, known: Mapping[str, int]) -> None:
        for argument in call.arguments:
            check_symbols(f"{where}.arguments", argument.value, known)
        for _, channels in call.input_channels:
            check_symbols(f"{where}.input_channels", channels, known)
        check_block(call, self.net, where)
        name = _name(around, call, where)
        try:
            around.per_call = call.per_call
            path = around.child(name, "")
            frame = self._frame(call, around, path, where)
            around.per_call = False
            if call.style != "stack":
                self.tracer.check_visible(path, call.inputs)
            self._inside(call, frame, where, known if call.style == "stack" else self._known(call))
            around.per_call = call.per_call
            self.tracer.add(frame.closed(call.outputs, call.returns))
            around.per_call = False
        except SpecError as error:
            raise error if str(error).startswith(("nodes[", "root")) else SpecError(f"{where}: {error}") from None
        made = around.body[-1]
        assert isinstance(made, Call)  # noqa: S101
        _same(where, call, made, CLOSED)
        self._share(call, made, around, where)

    def _inside(self, call: Call, frame: Frame, where: str, known: Mapping[str, int]) -> None:
        self.tracer.frames.append(frame)
        self._body(call, frame, where, known)
        self.tracer.frames.pop()

    def _frame(self, call: Call, around: Frame, path: str, where: str) -> Frame:
        """An open block as the tracer opens it; which call of a shared block it is follows from those before it."""
        entering = () if call.style == "stack" else call.inputs
        frame = Frame(path, call.block, call.style, call.doc, call.arguments, entering, call.input_channels,
                      call.parameters, visible=set(entering))  # fmt: skip
        frame.number, frame.owner = around.inner_number, around.double(path)
        if call.owner != frame.owner and call.style != "stack":
            frame.owner, frame.number = call.owner, self._later(call, around, where)
        elif frame.number is None and (path in self.shared or call.has_per_call_parts(self.net.nodes)):
            frame.number = 0
        return frame

    def _later(self, call: Call, around: Frame, where: str) -> int:
        """The number of a later call of a shared block, whose first call stands in the same block."""
        first, home = self.first.get(call.owner, (None, None))
        if first is None or home is not around or around.style != "block" or around.number is not None:
            raise wrong(f"{where}.owner", call.owner, "'', or the path of an earlier block of the same block")
        self.count[call.owner] = self.count.get(call.owner, 0) + 1
        return self.count[call.owner]

    def _share(self, call: Call, made: Call, around: Frame, where: str) -> None:
        """Keep a first call, and hold a later one to it."""
        if not call.owner and call.style != "stack":
            self.first[call.path] = (made, around)
        elif call.owner in self.count and (why := difference(self.tracer, self.first[call.owner][0], made)):
            raise SpecError(f"{where}: it is a call of {call.owner}, which is shared, but {why}")

    def _known(self, call: Call) -> dict[str, int]:
        """The names of numbers inside a block."""
        known: dict[str, int] = {}
        for argument in call.arguments:
            symbolic(argument.name, argument.value, known)
        return known | call.channel_symbols()


def _name(around: Frame, part: Node | Call, where: str) -> str:
    """What a part is called in the block around it, without the number of the call."""
    home = around.home if part.per_call else around.path
    before, after = f"{home}." if home else "", f".{around.number}" if part.per_call else ""
    inner = len(part.path) - len(before) - len(after)
    if inner < 1 or not part.path.startswith(before) or not part.path.endswith(after):
        raise wrong(f"{where}.path", part.path, f"a path in the block around, {before}NAME{after}")
    return part.path[len(before) : len(before) + inner]


def _same(where: str, got: Any, expected: Any, names: tuple[str, ...]) -> None:
    """Raise SpecError for a field that is not what the trace makes of it."""
    for name in names:
        ours, theirs = getattr(got, name), getattr(expected, name)
        if ours != theirs:
            raise wrong(f"{where}.{name}", ours, f"{theirs!r:.200}")
