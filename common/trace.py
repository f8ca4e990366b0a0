"""Tracing: plain functions over symbolic values become a flat list of nodes and a tree of block calls.

`stack` and `sequence` number the blocks of a chain as nn.Sequential numbers modules; anything but a chain is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from .calls import block, sequence, shared
from .child_names import network_fault
from .errors import SpecError
from .expr import Sym
from .spec import Argument, Input, Net, Node, Op, Shape
from .text import printable
from .tracer import CURRENT, Frame, Tracer, tracer
from .values import Result, Value, answer, first_line, symbolic

__all__ = ["Result", "Value", "apply", "block", "per_call", "sequence", "shared", "stack", "trace"]


def apply(op: Op, *inputs: Value, name: str | None = None, owner: str = "") -> Value:
    """Add a node to the trace and answer with its value; a shape that does not fit raises here, with the path.

    With `owner` it uses the weights of an earlier node: of the same block by its name there, of another by its path.
    """
    trace = tracer()
    frame = trace.frames[-1]
    path = trace.child(name, op.kind)
    _require_values(path, op, inputs)
    trace.check_visible(path, tuple(value.node for value in inputs))
    trace.check_images(path, op, tuple(value.node for value in inputs))
    try:
        shape = op.shape(*(value.shape for value in inputs))
        # Sizes follow from the image, not from a parameter of the block, whatever expression led to them.
        shape = (shape[0], *map(int, shape[1:]))
        if trace.headless and int(shape[0]) == 0:
            frame.names.discard(path.removeprefix(f"{frame.path}."))
            trace.left_out.append(path)
            return inputs[0]
        if min(shape) < 1:
            raise SpecError(f"the output would be {tuple(map(int, shape))}: the input is too small")
        flattened = op.flattened(*(value.flattened for value in inputs))
    except SpecError as error:
        raise SpecError(f"{path} ({op.kind}): {error}") from None
    if "." in path.removeprefix(f"{frame.path}.") and any(not w.name for w in op.weights(*(v.shape for v in inputs))):
        raise SpecError(f"{path}: a {op.kind} is no layer, and has a name without dots; for a list of them, or one for "
                        "each call, put it into a block of its own")  # fmt: skip
    plain = tuple(map(int, shape))
    node = Node(path, op, tuple(v.node for v in inputs), tuple(v.shape for v in inputs), plain, flattened)
    node = replace(node, per_call=frame.per_call and frame.number is not None, owner=_owner(trace, frame, node, owner))
    trace.append(node)
    frame.body.append(len(trace.nodes) - 1)
    frame.chain(path, node.inputs, (len(trace.nodes) - 1,))
    return Value(len(trace.nodes) - 1, shape, flattened)


def _owner(trace: Tracer, frame: Frame, node: Node, owner: str) -> str:
    """The path of the node that has the weights: the one asked for, or its double in the first call of the block."""
    if owner:
        return trace.owner(frame, node, owner)
    return frame.double(node.path) if node.op.weights(*node.in_shapes) else ""


def _require_values(path: str, op: Op, inputs: tuple[Any, ...]) -> None:
    for given in inputs:
        if isinstance(given, (list, tuple)):
            advice = "take one of them, or give the list to a block"
            raise SpecError(
                f"{path} ({op.kind}): expected a value, got a {type(given).__name__} of {len(given)}; {advice}"
            )
        if not isinstance(given, Value):
            raise SpecError(f"{path} ({op.kind}): expected a value of the trace, got a {type(given).__name__}")


@contextmanager
def stack(name: str) -> Iterator[None]:
    """A chain of children numbered 0, 1, 2, ... as in torch's nn.Sequential."""
    trace = tracer()
    around = trace.frames[-1]
    frame = Frame(trace.child(name, name), "", "stack", number=around.inner_number)
    frame.owner = around.double(frame.path)
    trace.frames.append(frame)
    try:
        yield
    finally:
        trace.frames.pop()
    if frame.chained is None and trace.headless:
        around.names.discard(name)
        return
    if frame.chained is None:
        raise SpecError(f"{frame.path}: a stack needs at least one child")
    call = frame.closed((frame.chained,))
    trace.add(call)


@contextmanager
def per_call() -> Iterator[None]:
    """What is made inside is made anew for each call of a shared block, such as one normalisation for each level.

    Its layers bear the number of the call after their names: `bn.0`, `bn.1`. In a block that is not shared it changes
    nothing.
    """
    frame = tracer().frames[-1]
    before, frame.per_call = frame.per_call, True
    try:
        yield
    finally:
        frame.per_call = before


def trace(
    function: Callable[..., Result],
    name: str,
    input_shape: Shape,
    *,
    evaluated: int | Sequence[str] | None = None,
    title: str = "",
    paper: str = "",
    options: tuple[tuple[str, Any], ...] = (),
    **arguments: Any,
) -> Net:
    """Trace a network function on one image of `input_shape` (C, H, W) and return the Net.

    The function answers with a value, a list of values (the main one first), or a dict from names to values.
    `evaluated` says which of them belong to the evaluation path: the first N or these names; else all that have names,
    or the first of those that have none. With num_classes=0 it has no head: its output is what the head would take,
    as in timm.

    >>> from diptych.common.ops.conv import conv
    >>> net = trace(lambda x: conv(x, 8, 3, name="c"), "tiny", (3, 5, 5))
    >>> (net.nodes[1].shape, net.params)
    ((8, 3, 3), 224)
    """
    if why := network_fault(name):
        raise SpecError(f"{printable(name, 100)!r} cannot be the name of a network: {why}; name it otherwise")
    trace = Tracer(headless=arguments.get("num_classes") == 0)
    token = CURRENT.set(trace)
    try:
        frame, image = _begin(trace, title or name, first_line(function), input_shape)
        if "num_classes" in arguments:
            frame.arguments = () if trace.headless else (Argument("num_classes", arguments["num_classes"]),)
            arguments["num_classes"] = symbolic("num_classes", arguments["num_classes"], {})
        result = function(image, **arguments)
    finally:
        CURRENT.reset(token)
    returns, names, values = answer(f"the network {name}", result, named=True)
    outputs = tuple(value.node for value in values)
    places = _evaluated(name, names, len(outputs), evaluated)
    root, nodes = frame.closed(outputs, returns), tuple(trace.nodes)
    net = Net(name, nodes, root, outputs, places, names, title or name, paper, options, trace.origins)
    check_outputs(net)
    check_used(net)
    return net


def _begin(trace: Tracer, title: str, doc: str, input_shape: Shape) -> tuple[Frame, Value]:
    """The outermost block of a network, and the image that it is given."""
    frame = Frame("", title, "block", doc, parameters=(("x", None),))
    trace.frames.append(frame)
    image = apply(Input(input_shape), name="input")
    frame.body.clear()
    frame.inputs = (image.node,)
    frame.input_channels = (("in_channels", input_shape[0]),)
    return frame, Value(image.node, (Sym.atom("in_channels", input_shape[0]), *input_shape[1:]))


def check_outputs(net: Net) -> None:
    """Raise SpecError for no layer, an output named as another layer, or one that is the same for every image."""
    if len(net.nodes) == 1:
        raise SpecError(f"the network {net.name} has no layer; it returns its image")
    paths = {node.path for node in net.nodes}
    fed = {0}  # what depends on the image
    for index, node in enumerate(net.nodes):
        if not fed.isdisjoint(node.inputs):
            fed.add(index)
    for label, index in zip(net.shown_outputs, net.outputs, strict=True):
        if label != net.nodes[index].path and label in paths:
            raise SpecError(
                f"the network {net.name}: its output {label!r} has the name of another layer; rename one of them"
            )
        if index not in fed:
            raise SpecError(
                f"the network {net.name}: its output {label!r} does not depend on the image, and has no batch axis; "
                "add it to a value of the image, or multiply by it"
            )


def check_used(net: Net) -> None:
    """Raise SpecError for weights that no output depends on: Keras leaves such layers out, and PyTorch runs them."""
    live = net.ancestors(net.outputs)
    used = {name for index in live for name in net.nodes[index].weights()}
    for index, node in enumerate(net.nodes):
        for name, weight in node.weights().items():
            if index not in live and (name not in used or weight.kind == "statistic"):
                raise SpecError(
                    f"{node.path} ({node.kind}): no output of {net.name} depends on it, so {name} would not be "
                    "trained as it is; return its value or use it, or leave it out"
                )


def _evaluated(name: str, names: tuple[str, ...], count: int, evaluated: int | Sequence[str] | None) -> tuple[int, ...]:
    """The places of the outputs on the evaluation path."""
    if evaluated is None:
        return tuple(range(count if names else 1))
    if isinstance(evaluated, int):
        if not 1 <= evaluated <= count:
            raise SpecError(f"the network {name}: {evaluated} of its outputs are evaluated, and it has {count}")
        return tuple(range(evaluated))
    unknown = [item for item in evaluated if item not in names]
    if unknown or not evaluated:
        raise SpecError(f"the network {name}: evaluated={list(evaluated)!r}, but its outputs are {list(names)}")
    return tuple(place for place, item in enumerate(names) if item in evaluated)
