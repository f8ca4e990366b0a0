"""Tracing: plain functions over symbolic values become a flat list of nodes and a tree of block calls.

`stack` and `sequence` number the blocks of a chain as nn.Sequential numbers modules; anything but a chain is an error.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from .errors import SpecError
from .expr import Sym
from .spec import Argument, Input, Net, Node, Op, Shape
from .tracer import Frame, Tracer

R = TypeVar("R")


@dataclass(frozen=True)
class Value:
    """The result of a node while tracing: its shape is known, its numbers are not."""

    node: int
    shape: Shape
    flattened: Shape | None = None

    @property
    def channels(self) -> int:
        """Length of the channel axis of a map, or of a vector."""
        return self.shape[0]

    def __add__(self, other: Value) -> Value:
        from .ops.add import add

        return add(self, other)

    def __mul__(self, other: Value) -> Value:
        from .ops.multiply import multiply

        return multiply(self, other)


_current: ContextVar[Tracer] = ContextVar("tracer")


def _tracer() -> Tracer:
    try:
        return _current.get()
    except LookupError:
        raise SpecError("ops and blocks only have a meaning inside `trace`; see diptych.common.trace.trace") from None


def apply(op: Op, *inputs: Value, name: str | None = None, owner: str = "") -> Value:
    """Add a node to the trace and return its value; a shape that does not fit raises here, with the path."""
    tracer = _tracer()
    frame = tracer.frames[-1]
    path = tracer.child(name, op.kind)
    try:
        shape = op.shape(*(value.shape for value in inputs))
        # Sizes follow from the image, not from a parameter of the block, whatever expression led to them.
        shape = (shape[0], *map(int, shape[1:]))
        if tracer.headless and int(shape[0]) == 0:
            frame.names.discard(path.rpartition(".")[2])
            return inputs[0]
        if min(shape) < 1:
            raise SpecError(f"the output would be {tuple(map(int, shape))}: the input is too small")
        flattened = op.flattened(*(value.flattened for value in inputs))
    except SpecError as error:
        raise SpecError(f"{path} ({op.kind}): {error}") from None
    owner_path = f"{frame.path}.{owner}" if owner and frame.path else owner
    node = Node(path, op, tuple(v.node for v in inputs), tuple(v.shape for v in inputs), shape, flattened, owner_path)
    if owner:
        _check_owner(tracer, frame, node)
    tracer.nodes.append(node)
    frame.body.append(len(tracer.nodes) - 1)
    frame.chain(path, node.inputs, len(tracer.nodes) - 1)
    return Value(len(tracer.nodes) - 1, shape, flattened)


def _check_owner(tracer: Tracer, frame: Frame, node: Node) -> None:
    siblings = [tracer.nodes[item] for item in frame.body if isinstance(item, int)]
    owner = next((n for n in siblings if n.path == node.owner and not n.owner), None)
    if owner is None:
        raise SpecError(f"{node.path}: the owner {node.owner!r} must be an earlier node of the same block")
    if owner.op != node.op or owner.op.weights(*owner.in_shapes) != node.op.weights(*node.in_shapes):
        raise SpecError(f"{node.path}: it cannot use the weights of {node.owner!r}, which differ in op or shape")


@contextmanager
def stack(name: str) -> Iterator[None]:
    """A chain of children numbered 0, 1, 2, ... as in torch's nn.Sequential."""
    tracer = _tracer()
    frame = Frame(tracer.child(name, name), "", "stack")
    tracer.frames.append(frame)
    try:
        yield
    finally:
        tracer.frames.pop()
    if frame.chained is None and tracer.headless:
        return
    if frame.chained is None:
        raise SpecError(f"{frame.path}: a stack needs at least one child")
    call = frame.closed((frame.chained,))
    tracer.frames[-1].body.append(call)
    tracer.frames[-1].chain(frame.path, call.inputs, frame.chained)


def block(function: Callable[..., R]) -> Callable[..., R]:
    """Make a function over values a block: a module with a class of its own. Callers may pass `name=`."""
    return cast(Callable[..., R], _decorated(function, "block"))


def sequence(function: Callable[..., R]) -> Callable[..., R]:
    """Make a function over one value a block that is a chain: unnamed children are numbered 0, 1, 2, ..."""
    return cast(Callable[..., R], _decorated(function, "sequence"))


def _decorated(function: Callable[..., Any], style: str) -> Callable[..., Any]:
    signature = inspect.signature(function)

    @functools.wraps(function)
    def call(*args: Any, name: str | None = None, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        tracer = _tracer()
        path = tracer.child(name, function.__name__)
        inputs, env, arguments = _entered(signature, bound.arguments)
        channels = tuple((key, env[key]) for key in inputs)
        frame = Frame(path, function.__name__, style, _doc(function), arguments,
                       tuple(v.node for v in inputs.values()), channels)  # fmt: skip
        tracer.frames.append(frame)
        try:
            result = function(**bound.arguments)
        finally:
            tracer.frames.pop()
        outputs = (result,) if isinstance(result, Value) else tuple(result)
        if tracer.headless and not frame.body:
            return _left(outputs[0], env)
        done = frame.closed(tuple(v.node for v in outputs))
        tracer.frames[-1].body.append(done)
        tracer.frames[-1].chain(path, done.inputs, done.outputs[0])
        left = [_left(value, env) for value in outputs]
        return left[0] if isinstance(result, Value) else left

    return call


def _entered(
    signature: inspect.Signature, bound: dict[str, Any]
) -> tuple[dict[str, Value], dict[str, int], tuple[Argument, ...]]:
    """Rename what enters a block after its parameters: values by their channels, ints and tuples by their names."""
    inputs: dict[str, Value] = {}
    env: dict[str, int] = {}
    arguments: list[Argument] = []
    for name, value in list(bound.items()):
        if isinstance(value, Value):
            symbol = "in_channels" if not inputs else f"{name}_channels"
            inputs[symbol] = value
            env[symbol] = value.channels
            inner = Sym.atom(symbol, int(value.channels))
            bound[name] = Value(value.node, (inner, *value.shape[1:]), value.flattened)
            continue
        default = signature.parameters[name].default
        has_default = default is not inspect.Parameter.empty
        if _plain(value) and (not has_default or _plain(default)):
            arguments.append(Argument(name, value, default if has_default else None, has_default))
            bound[name] = _symbolic(name, value, env)
    return inputs, env, tuple(arguments)


def _plain(value: Any) -> bool:
    """Whether a trace keeps an argument: what an activation or a style does shows in the ops that it makes."""
    if isinstance(value, tuple):
        return all(map(_plain, value))
    return value is None or isinstance(value, bool | int | float | str)


def _symbolic(text: str, value: Any, env: dict[str, int]) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        env[text] = value
        return Sym.atom(text, int(value))
    if isinstance(value, tuple):
        return tuple(_symbolic(f"{text}[{i}]", item, env) for i, item in enumerate(value))
    return value


def _left(value: Value, env: dict[str, int]) -> Value:
    channels = value.channels
    outer = channels.substitute(env) if isinstance(channels, Sym) else channels
    return Value(value.node, (outer, *value.shape[1:]), value.flattened)


def _doc(function: Callable[..., Any]) -> str:
    return (inspect.getdoc(function) or "").partition("\n")[0]


def trace(
    function: Callable[..., Value | Sequence[Value]],
    name: str,
    input_shape: Shape,
    *,
    evaluated: int = 1,
    title: str = "",
    paper: str = "",
    options: tuple[tuple[str, Any], ...] = (),
    **arguments: Any,
) -> Net:
    """Trace a network function on one image of `input_shape` (C, H, W) and return the Net.

    With num_classes=0 it has no head: its output is what the head would take, as in timm.

    >>> from diptych.common.ops.conv import conv
    >>> net = trace(lambda x: conv(x, 8, 3, name="c"), "tiny", (3, 5, 5))
    >>> (net.nodes[1].shape, net.params)
    ((8, 3, 3), 224)
    """
    headless = arguments.get("num_classes") == 0
    tracer = Tracer(headless)
    token = _current.set(tracer)
    try:
        frame = Frame("", title or name, "block", _doc(function))
        tracer.frames.append(frame)
        image = apply(Input(input_shape), name="input")
        frame.body.clear()
        frame.inputs = (image.node,)
        channels = Sym.atom("in_channels", input_shape[0])
        frame.input_channels = (("in_channels", input_shape[0]),)
        if "num_classes" in arguments:
            frame.arguments = () if headless else (Argument("num_classes", arguments["num_classes"]),)
            arguments["num_classes"] = _symbolic("num_classes", arguments["num_classes"], {})
        result = function(Value(image.node, (channels, *input_shape[1:])), **arguments)
    finally:
        _current.reset(token)
    outputs = tuple(v.node for v in ((result,) if isinstance(result, Value) else result))
    root, nodes = frame.closed(outputs), tuple(tracer.nodes)
    return Net(name, nodes, root, outputs, evaluated, title or name, paper, options, tracer.origins)
