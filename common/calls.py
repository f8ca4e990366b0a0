"""Blocks: functions over values that are modules of their own, called once or, shared, several times."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar, cast

from .errors import SpecError
from .expr import Sym, plain
from .spec import Argument, Call, Node
from .tracer import Frame, Tracer, tracer
from .traits import Shape
from .values import Value, answer, first_line, symbolic

R = TypeVar("R")
Given = Value | Sequence[Value]
"""What a block takes for one of its parameters."""


def block(function: Callable[..., R]) -> Callable[..., R]:
    """Make a function over values a block: a module with a class of its own. Callers may pass `name=`.

    Each of its values comes alone or in a list or tuple of values; it answers with a value, a list or a tuple.
    """
    return cast(Callable[..., R], Block(function, "block").function())


def sequence(function: Callable[..., R]) -> Callable[..., R]:
    """Make a function over one value a block that is a chain: unnamed children are numbered 0, 1, 2, ..."""
    return cast(Callable[..., R], Block(function, "sequence").function())


def shared(function: Callable[..., R], *, name: str | None = None) -> Callable[..., R]:
    """One module of a block that is called several times, such as a head on every level: its weights are there once.

    Each call must have the same arguments, and inputs of the same channels. What the block makes inside `per_call()`
    is made for each call. Raises SpecError where a call does not fit the first.

        head = shared(prediction_head, name="head")
        outputs = [head(level, anchors, num_classes) for level in levels]
    """
    made = getattr(function, "diptych_block", None)
    if made is None:
        raise SpecError(f"shared takes a function made with @block or @sequence, not {function!r}")
    return cast(Callable[..., R], _Shared(made, name).call)


@dataclass(frozen=True)
class Block:
    """A block's function, and whether its class is a chain."""

    made_of: Callable[..., Any]
    style: str

    def function(self) -> Callable[..., Any]:
        """The function that a network calls."""

        @functools.wraps(self.made_of)
        def call(*args: Any, name: str | None = None, **kwargs: Any) -> Any:
            return self.call(args, kwargs, tracer().child(name, self.made_of.__name__))

        call.diptych_block = self  # type: ignore[attr-defined]
        return call

    def call(self, args: Any, kwargs: Any, path: str, first: Call | None = None, number: int | None = None) -> Any:
        """Trace one call at a path; `first` is the first call of the same module, and `number` counts them."""
        trace = tracer()
        signature = inspect.signature(self.made_of)
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError as error:
            raise SpecError(f"{path}: the block {self.made_of.__name__} is called wrongly: {error}") from None
        bound.apply_defaults()
        entry = _Entry.of(path, signature, bound.arguments)
        trace.check_visible(path, entry.nodes)
        around, frame = trace.frames[-1], self._frame(path, entry)
        frame.number = around.inner_number if number is None else number
        frame.owner = first.path if first else around.double(path)
        trace.frames.append(frame)
        try:
            result = self.made_of(**bound.arguments)
        finally:
            trace.frames.pop()
        returns, _, values = answer(f"{path}: the block {self.made_of.__name__}", result)
        if frame.body or not trace.headless:
            trace.add(frame.closed(tuple(value.node for value in values), returns))
        left = [_outside(value, entry.env) for value in values]
        return left[0] if returns == "value" else tuple(left) if returns == "tuple" else left

    def _frame(self, path: str, entry: _Entry) -> Frame:
        if self.style == "sequence" and entry.parameters != [(entry.parameters[0][0], None)]:
            raise SpecError(f"{path}: a sequence is a chain and takes one value, not {_counted(entry.parameters)}")
        channels = tuple(entry.channels.items())
        return Frame(path, self.made_of.__name__, self.style, first_line(self.made_of), tuple(entry.arguments),
                     entry.nodes, channels, tuple(entry.parameters), visible=set(entry.nodes))  # fmt: skip


@dataclass
class _Shared:
    """The calls of one module so far."""

    block: Block
    name: str | None
    first: Call | None = None
    around: Frame | None = None
    count: int = field(default=0)

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """Trace the next call."""
        trace = tracer()
        frame, name = trace.frames[-1], self.name or self.block.made_of.__name__
        self._check_place(frame, name)
        path = trace.child(self.name if self.first is None else self._again(frame), name)
        result = self.block.call(args, kwargs, path, self.first, self.count)
        made = frame.body[-1] if frame.body else None
        if not isinstance(made, Call) or made.path != path:
            frame.names.discard(path.removeprefix(frame.path).lstrip("."))
            return result  # a block of nothing but layers without outputs, in a network without a head
        if self.first is None:
            self.first, self.around = made, frame
        elif why := difference(trace, self.first, made):
            raise SpecError(f"{path}: it is a call of {self.first.path}, which is shared, but {why}")
        self.count += 1
        return result

    def _again(self, frame: Frame) -> str:
        """The name of a later call: that of the first with a number, and without dots: it is no part of a list."""
        assert self.first is not None  # noqa: S101 - there was a first call
        return frame.free(self.first.path.removeprefix(frame.path).lstrip(".").replace(".", "_"))

    def _check_place(self, frame: Frame, name: str) -> None:
        if frame.style != "block":
            raise SpecError(f"{frame.where}: the shared block {name} cannot be part of a chain; call it in a block")
        if self.around not in (None, frame):
            raise SpecError(f"{frame.where}: the shared block {name} was called in another block; call it there too")
        if frame.number is not None:
            raise SpecError(f"{frame.where}: the shared block {name} cannot be part of another shared block")


@dataclass
class _Entry:
    """What comes into a block: values under the names of their channels, and arguments under their own."""

    path: str
    values: list[Value] = field(default_factory=list)
    parameters: list[tuple[str, int | None]] = field(default_factory=list)
    channels: dict[str, int | tuple[int, ...]] = field(default_factory=dict)
    arguments: list[Argument] = field(default_factory=list)
    env: dict[str, int] = field(default_factory=dict)

    @staticmethod
    def of(path: str, signature: inspect.Signature, bound: dict[str, Any]) -> _Entry:
        """Rename what enters a block after its parameters, in place; answer with what there is."""
        entry = _Entry(path)
        for name, value in list(bound.items()):
            if signature.parameters[name].kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD):
                raise SpecError(f"{path}: a block has a name for each parameter, and no {signature.parameters[name]}; "
                                "take a list of values")  # fmt: skip
            if isinstance(value, Value):
                bound[name] = entry.value(name, value)
            elif _holds_values(value):
                bound[name] = entry.several(name, value)
            else:
                bound[name] = entry.argument(signature.parameters[name], value)
        if not entry.values:
            raise SpecError(f"{path}: a block takes at least one value; got none")
        return entry

    @property
    def nodes(self) -> tuple[int, ...]:
        """The nodes that come in, those of a list one after the other."""
        return tuple(value.node for value in self.values)

    def value(self, name: str, value: Value) -> Value:
        """A value as the block sees it: its channels have the name of the parameter."""
        if name == "training":
            raise SpecError(f"{self.path}: a value cannot be called training, which Keras tells its layers; rename it")
        symbol = self._symbol(name)
        self.parameters.append((name, None))
        self.channels[symbol] = value.channels
        return self._renamed(symbol, value)

    def several(self, name: str, values: Any) -> list[Value] | tuple[Value, ...]:
        """A list or tuple of values as the block sees it."""
        if not isinstance(values, (list, tuple)) or not all(isinstance(item, Value) for item in values):
            raise SpecError(f"{self.path}: {name} mixes values with other things; a block takes a list of values alone")
        symbol = self._symbol(name)
        self.parameters.append((name, len(values)))
        self.channels[symbol] = tuple(value.channels for value in values)
        inner = [self._renamed(f"{symbol}[{index}]", value) for index, value in enumerate(values)]
        return inner if isinstance(values, list) else tuple(inner)

    def argument(self, parameter: inspect.Parameter, value: Any) -> Any:
        """An argument that is plain data, which the trace keeps, as the block sees it; anything else as it is."""
        default = parameter.default
        has_default = default is not inspect.Parameter.empty
        if not (_plain(value) and (not has_default or _plain(default))):
            return value
        self.arguments.append(Argument(parameter.name, value, default if has_default else None, has_default))
        return symbolic(parameter.name, value, self.env)

    def _symbol(self, name: str) -> str:
        return f"{name}_channels" if self.parameters else "in_channels"

    def _renamed(self, symbol: str, value: Value) -> Value:
        self.values.append(value)
        self.env[symbol] = value.channels
        inner = Sym.atom(symbol, int(value.channels))
        return Value(value.node, (inner, *value.shape[1:]), _numbers(value.flattened))


def _holds_values(value: Any) -> bool:
    items = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
    return any(isinstance(item, Value) or _holds_values(item) for item in items)


def _plain(value: Any) -> bool:
    """Whether a trace keeps an argument: what an activation or a style does shows in the ops that it makes."""
    if isinstance(value, tuple):
        return all(map(_plain, value))
    return value is None or isinstance(value, bool | int | float | str)


def _counted(parameters: list[tuple[str, int | None]]) -> str:
    return ", ".join(name if count is None else f"{name} (a list of {count})" for name, count in parameters)


def _outside(value: Value, env: dict[str, int]) -> Value:
    """A value that leaves a block, with its channels in the terms of the block around."""
    channels = value.channels
    outer = channels.substitute(env) if isinstance(channels, Sym) else channels
    return Value(value.node, (outer, *value.shape[1:]), _numbers(value.flattened))


def _numbers(shape: Shape | None) -> Shape | None:
    """A shape on its way into or out of a block, without the expressions of where it comes from."""
    return shape and tuple(map(int, shape))


def difference(trace: Tracer, first: Call, other: Call) -> str:
    """Why a call is not one of the same module; "" where it is."""
    if plain(first.input_channels) != plain(other.input_channels):
        return f"its inputs have {_channels(other)} channels where the first call had {_channels(first)}"
    if [a.name for a in first.arguments] != [a.name for a in other.arguments] or first.block != other.block:
        return "it is another block, or has other arguments"
    for one, two in zip(first.arguments, other.arguments, strict=True):
        if one.value != two.value:
            return f"its {two.name} is {two.value!r} where the first call had {one.value!r}"
    return _body_difference(trace, first, other)


def _channels(call: Call) -> str:
    return " and ".join(str(plain(value)) for _, value in call.input_channels)


def _body_difference(trace: Tracer, first: Call, other: Call) -> str:
    if len(first.body) != len(other.body) or first.returns != other.returns:
        return f"it has {len(other.body)} parts where the first call has {len(first.body)}"
    places = dict(zip(first.inputs, other.inputs, strict=False))
    for one, two in zip(first.body, other.body, strict=True):
        if isinstance(one, Call) and isinstance(two, Call):
            why = _body_difference(trace, one, two) if one.block == two.block else f"{two.path} is another block"
            ours, theirs, made = one.inputs, two.inputs, zip(one.outputs, two.outputs, strict=False)
        elif isinstance(one, int) and isinstance(two, int):
            why = _node_difference(trace.nodes[one], trace.nodes[two])
            ours, theirs, made = trace.nodes[one].inputs, trace.nodes[two].inputs, zip((one,), (two,), strict=True)
        else:
            return "it has other parts than the first call"
        if why:
            return why
        if [places.get(index, index) for index in ours] != list(theirs):
            return "its parts are joined in another way"
        places |= dict(made)
    return "" if [places.get(i, i) for i in first.outputs] == list(other.outputs) else "it answers with other values"


def _node_difference(one: Node, two: Node) -> str:
    if one.kind != two.kind:
        return f"{two.path} is {two.kind} where {one.path} is {one.kind}"
    ours, theirs = (replace(node, path="", owner="").plain() for node in (one, two))
    if ours.op != theirs.op:
        return f"{two.path} is {theirs.op} where {one.path} is {ours.op}"
    if ours.weights() != theirs.weights():
        return f"{two.path} has weights of other shapes than {one.path}"
    return ""
