"""Nodes of a graph of torch.export: what they call, what they write into, whose memory their results are."""

from __future__ import annotations

import inspect
import operator
from typing import Any

import torch
from torch import nn
from torch.fx import Node

from ...common.child_names import word_fault
from ...common.importing.axes import Unknown
from ...common.importing.draft import View
from ...common.text import printable
from .table import Const, Param


def settings(module: nn.Module | None) -> tuple[tuple[str, int], ...]:
    """The whole numbers that a class is made with and keeps under the same names."""
    if module is None:
        return ()
    words = inspect.signature(type(module).__init__).parameters
    given = {word: vars(module).get(word) for word in words}
    return tuple((word, value) for word, value in given.items() if type(value) is int and not word_fault(word))


def function_name(node: Node) -> str:
    """The name of a function, without that of its variant and without the `_` of one that writes in place."""
    named = str(getattr(node.target, "__name__", node.target)).partition(".")[0]
    return named.rstrip("_") if not named.startswith("__") and len(named) > 1 else named


def shape_of(value: torch.Tensor) -> tuple[int, ...] | None:
    """The shape of a value; None where a length depends on numbers, as where a mask picks them."""
    return tuple(map(int, value.shape)) if all(type(n) is int for n in value.shape) else None


def fault_of(name: str, why: Exception) -> str:
    """What a function is noted by; of what this reader did not expect, the kind of it."""
    if isinstance(why, Unknown):
        return f"{name}: {why}" if str(why) else name
    return f"{name}: called in a way that is not known ({type(why).__name__}: {printable(str(why), 120)})"


def is_known(item: Any) -> bool:
    """Whether something in the arguments of a call is one thing, though it may have parts."""
    return isinstance(item, View | Param | Const | Node)


def _schema(node: Node) -> Any:
    return getattr(node.target, "_schema", None)


def written_by(node: Node) -> Node | None:
    """The node that a function writes into."""
    schema = _schema(node)
    for argument, given in zip(schema.arguments if schema else (), node.args, strict=False):
        if argument.alias_info is not None and argument.alias_info.is_write and isinstance(given, Node):
            return given
    return None


def memory_of(node: Node) -> Node | None:
    """The node whose memory a result is, or may be."""
    if node.target is operator.getitem:
        return node.args[0]  # type: ignore[return-value]
    schema, first = _schema(node), next(iter(node.args), None)
    if schema is None or not isinstance(first, Node):
        return None
    seen = any(given.alias_info is not None for given in schema.returns)
    return first if seen or "dropout" in function_name(node) else None


def flattened(name: str, result: Any) -> list[tuple[str, Any]]:
    """Name and value of each output; those of a dict have names, and what is inside another bears both."""
    if isinstance(result, dict):
        pairs = [(f"{name}_{key}" if name else str(key), item) for key, item in result.items()]
    elif isinstance(result, (list, tuple)):
        pairs = [(f"{name}_{place}" if name else "", item) for place, item in enumerate(result)]
    else:
        return [(name, result)]
    return [found for inner, item in pairs for found in flattened(inner, item)]
