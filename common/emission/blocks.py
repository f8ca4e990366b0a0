"""The class of a block, as data."""

from __future__ import annotations

from ..errors import SpecError
from ..spec import Call
from .chains import chain_class
from .constructions import Argument, parameters
from .context import LEVEL, Context
from .docs import doc_of
from .members import member_class
from .names import RESERVED
from .program import Class, Comment, Method, Parameter
from .statements import statements
from .values import inputs

SELF = Parameter("self")


def block(context: Context, call: Call, note: str = "") -> Class:
    """The class of a block, with a note where one of the frameworks would write another."""
    chained = call.style == "sequence"
    body = chain_class(context, call) if chained else member_class(context, call)
    signature = tuple(_parameter(call is context.net.root, given) for given in parameters(context, call))
    methods: list[Method | Comment] = [Method("__init__", (SELF, *signature), body)]
    if call is context.net.root:
        methods.append(context.language.building)
    if not chained:
        methods.append(_method(context, call))
    doc = doc_of(call.doc, {argument.name for argument in parameters(context, call)}) if call.doc else ""
    return Class(context.classes[call], _base(context, call), doc, tuple(methods), (call.path,), note)


def _base(context: Context, call: Call) -> str:
    if call.style == "sequence":
        return context.language.sequence
    return context.language.root if call is context.net.root else context.language.module


def _parameter(root: bool, given: Argument) -> Parameter:
    """A parameter of the constructor; that of a network has the network's own values as defaults."""
    if given.name in RESERVED:
        raise SpecError(f"a block has an argument {given.name!r}, which its constructor uses itself; rename it")
    default = given.value if root else given.default
    return Parameter(given.name, default=default, has_default=root or given.has_default)


def _method(context: Context, call: Call) -> Method:
    """What computes a block."""
    types = context.language.types
    values = [Parameter(name, types.get("value" if count is None else "list")) for name, count in inputs(call)]
    if context.count(call) > 1:
        values.append(Parameter(LEVEL.name, types.get("number")))
    named = call is context.net.root and context.net.output_names
    returns = types.get("dict" if named else call.returns)
    return Method(context.language.method, (SELF, *values), tuple(statements(context, call)), returns)
