"""The state of a trace: the nodes so far, the blocks that are open, and the line of code that made each of them."""

from __future__ import annotations

import sys
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from types import FrameType
from typing import Any, cast

from .child_names import Names, fault
from .errors import SpecError
from .spec import Argument, Call, Node, Op, near

OWN = (__name__, *(f"{__package__}.{name}" for name in ("trace", "calls", "values", "ops.")), "contextlib")
"""Modules between a network's own code and the tracer."""


@dataclass
class Frame:
    """One open block, stack or sequence: its names are taken, its body grows.

    `visible` are the nodes that it may read: what came in and what it made. `owner` is the path of the first call of
    the module, in a later call of a shared block, and `number` the number of that call, None outside shared blocks.
    """

    path: str
    block: str
    style: str
    doc: str = ""
    arguments: tuple[Argument, ...] = ()
    inputs: tuple[int, ...] = ()
    input_channels: tuple[tuple[str, int | tuple[int, ...]], ...] = ()
    parameters: tuple[tuple[str, int | None], ...] = ()
    body: list[int | Call] = field(default_factory=list)
    names: Names = field(default_factory=Names)
    visible: set[int] = field(default_factory=set)
    chained: int | None = None
    owner: str = ""
    number: int | None = None
    per_call: bool = False

    @property
    def home(self) -> str:
        """The path of the module that this frame is a call of."""
        return self.owner or self.path

    def child(self, name: str | None, default: str) -> str:
        """The path of a child: the given name, else its number in a stack, else the default with a counter."""
        if name is None:
            name = str(len(self.body)) if self.style != "block" else self.free(default)
        if name in self.names:
            raise SpecError(f"{self.where}: two children are named {name!r}; give one another name")
        several = self.per_call and self.number is not None
        if several and self.style != "block":
            raise SpecError(f"{self.where}: a part for each call ({name!r}) cannot stand in a chain; use a block")
        if why := fault(f"{name}.{self.number}" if several else name, self.names, self.style != "block"):
            raise SpecError(f"{self.where}: {name!r} names no child: {why}; give it another name")
        self.names.add(name)
        if several:
            return _below(self.home, f"{name}.{self.number}")
        return _below(self.path, name)

    def chain(self, path: str, inputs: tuple[int, ...], outputs: tuple[int, ...]) -> None:
        """Hold the rule that a stack is a chain: each child takes the result of the one before, and nothing else."""
        self.visible.update(outputs)
        if self.style == "block":
            return
        if not inputs:
            raise SpecError(f"{path}: a stack is a chain, but this child takes no value; make it outside")
        if self.chained is not None and inputs != (self.chained,):
            raise SpecError(f"{path}: a stack is a chain, but this child takes other values than the child before it")
        if len(outputs) != 1:
            raise SpecError(f"{path}: a stack is a chain, but this child gives {len(outputs)} values")
        self.inputs = self.inputs or inputs
        self.chained = outputs[0]

    def add(self, call: Call) -> None:
        """Take in a finished call of an inner block."""
        self.body.append(replace(call, per_call=self.per_call and self.number is not None))
        self.chain(call.path, call.inputs, call.outputs)

    @property
    def inner_number(self) -> int | None:
        """The number of the call, for the blocks inside; what is made for each call has parts of its own anyway."""
        return None if self.per_call else self.number

    def double(self, path: str) -> str:
        """The path of an inner block or stack in the first call of the module; "" where this is the first."""
        return self.owner + path.removeprefix(self.path) if self.owner and not self.per_call else ""

    def closed(self, outputs: tuple[int, ...], returns: str = "value") -> Call:
        """The finished call."""
        return Call(self.path, self.block, cast(Any, self.style), self.doc, self.arguments, self.inputs,
                    self.input_channels, outputs, tuple(self.body), self.parameters, cast(Any, returns), self.owner,
                    self.number or 0)  # fmt: skip

    @property
    def where(self) -> str:
        """How an error names this block."""
        return self.path or "the network"

    def free(self, default: str) -> str:
        """The default, with a number after it where it is taken."""
        return self.names.free(default)


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _own(frame: FrameType) -> bool:
    return bool(frame.f_globals.get("__name__", "").startswith(OWN))


@dataclass
class Tracer:
    """One trace in progress; `headless` leaves out layers without outputs, which only a head of no classes has.

    `alike` are the nodes whose value is the same for every image.
    """

    headless: bool = False
    nodes: list[Node] = field(default_factory=list)
    known: dict[str, Node] = field(default_factory=dict)
    alike: set[int] = field(default_factory=set)
    frames: list[Frame] = field(default_factory=list)
    origins: dict[str, tuple[tuple[str, int], ...]] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    def add(self, call: Call) -> None:
        """Add a finished call to the block around it, which must be able to say which call it is."""
        around = self.frames[-1]
        if around.style != "block" and around.number is not None and call.has_per_call_parts(self.nodes):
            raise SpecError(f"{call.path}: it has parts for each call, and a chain cannot tell it which; use a block")
        around.add(call)

    def child(self, name: str | None, default: str) -> str:
        """The path of a new child of the innermost block; where the code of the network asks for it is kept."""
        path = self.frames[-1].child(name, default)
        caller: FrameType | None = sys._getframe(1)
        while caller is not None and _own(caller):
            caller = caller.f_back
        places = []
        while caller is not None and not _own(caller):
            places.append((caller.f_code.co_filename, caller.f_lineno))
            caller = caller.f_back
        self.origins[path] = tuple(places)
        return path

    def check_visible(self, path: str, inputs: tuple[int, ...]) -> None:
        """Raise SpecError for a value that did not come into the block as an argument: its class could not read it."""
        for frame in reversed(self.frames):
            hidden = [index for index in inputs if index not in frame.visible]
            if not hidden:
                return
            if frame.style != "stack":
                made = self.nodes[hidden[0]].path if hidden[0] < len(self.nodes) else "another network"
                raise SpecError(
                    f"{path}: it reads the value of {made}, which is outside {frame.where}; hand it in as an argument"
                )

    def check_images(self, path: str, op: Op, inputs: tuple[int, ...]) -> None:
        """Raise SpecError where an op that computes with each image is given what is the same for all: a parameter."""
        alike = [self.nodes[index].path for index in inputs if index in self.alike]
        if alike and not op.takes_parameters:
            raise SpecError(
                f"{path} ({op.kind}): {alike[0]} is a parameter, the same for every image, and has no batch axis; "
                "add it to a value of the image, multiply by it, or take it for the weights of a sum"
            )

    def append(self, node: Node) -> None:
        """Add a node; one that takes nothing, or only what depends on no image, depends on none itself."""
        if self.nodes and self.alike.issuperset(node.inputs):
            self.alike.add(len(self.nodes))
        self.nodes.append(node)
        self.known[node.path] = node

    def find(self, frame: Frame, owner: str) -> Node | None:
        """The earlier node of a name in a block, or else of a path in the network."""
        return self.known.get(_below(frame.path, owner)) or self.known.get(owner)

    def owner(self, frame: Frame, node: Node, owner: str) -> str:
        """The path of the node whose weights another uses: of its own block, or else by its path in the network."""
        if frame.style != "block" or (frame.per_call and frame.number is not None):
            where = "made for each call" if frame.style == "block" else "of a chain"
            advice = "make it outside `per_call`" if frame.style == "block" else "call it in a block"
            raise SpecError(f"{node.path}: a layer {where} cannot have the weights of {owner!r}; {advice}")
        found = self.find(frame, owner)
        if found is None or not found.op.weights(*found.in_shapes):
            advice = near(owner, [n.path for n in self.nodes if n.weights()])
            raise SpecError(f"{node.path}: there is no earlier layer {owner!r} with weights to share; {advice}")
        if found.per_call:
            raise SpecError(f"{node.path}: it cannot use the weights of {found.path!r}, which is made for each call")
        if found.op != node.op or found.op.weights(*found.in_shapes) != node.op.weights(*node.in_shapes):
            raise SpecError(f"{node.path}: it cannot use the weights of {found.path!r}, which differ in op or shape")
        return found.owner or found.path


CURRENT: ContextVar[Tracer] = ContextVar("tracer")


def tracer() -> Tracer:
    """The trace in progress; raises SpecError outside of one."""
    try:
        return CURRENT.get()
    except LookupError:
        raise SpecError("ops and blocks only have a meaning inside `trace`; see diptych.common.trace.trace") from None
