"""The class of a block, as data."""

from __future__ import annotations

from collections.abc import Iterator

from ..spec import Call
from .chains import chain_class
from .constructions import Argument, parameters
from .context import Context
from .lists import Item
from .members import member_class
from .program import Class, Comment, Method, Parameter
from .statements import statements

SELF = Parameter("self")


def block(context: Context, call: Call) -> Class:
    """The class of a block."""
    chained = call.style == "sequence"
    body = chain_class(context, call) if chained else member_class(context, call)
    signature = tuple(_parameter(call is context.net.root, given) for given in parameters(context, call))
    methods: list[Method | Comment] = [Method("__init__", (SELF, *signature), body)]
    if call is context.net.root:
        methods.append(context.language.building)
    if not chained:
        methods.append(_method(context, call))
    name, helpers = context.classes[call], tuple(dict.fromkeys(_helpers(context, call, chained)))
    return Class(name, _base(context, call), call.doc, tuple(methods), (call.path,), helpers)


def _base(context: Context, call: Call) -> str:
    if call.style == "sequence":
        return context.language.sequence
    return context.language.root if call is context.net.root else context.language.module


def _parameter(root: bool, given: Argument) -> Parameter:
    """A parameter of the constructor; that of a network has the network's own values as defaults."""
    default = given.value if root else given.default
    return Parameter(given.name, default=default, has_default=root or given.has_default)


def _method(context: Context, call: Call) -> Method:
    """What computes a block."""
    language = context.language
    inputs = ["x", *(name.removesuffix("_channels") for name, _ in call.input_channels[1:])]
    values = tuple(Parameter(name, language.value) for name in inputs)
    returns = language.values if len(call.outputs) > 1 else language.value
    return Method(language.method, (SELF, *values), tuple(statements(context, call, inputs)), returns)


def _helpers(context: Context, call: Call, chained: bool) -> Iterator[str]:
    """The files of what a class takes from the helpers: for layers that it makes, and functions that it calls."""
    for item in call.body:
        if isinstance(item, Call) and item.style == "stack":
            yield from _helpers(context, item, chained=True)
        elif _helped(context, item, chained):
            yield from context.lowering(item).helpers


def _helped(context: Context, item: Item, chained: bool) -> bool:
    lowering = context.lowering(item)
    return chained or lowering.lifted or not (lowering.function or context.owner(item))
