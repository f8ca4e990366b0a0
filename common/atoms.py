"""The parts of the expression of a number: names, entries of tuples, and whole quotients of sums, as Python text.

Such a text stands in emitted source as it is, so that nothing else may be in it.
"""

from __future__ import annotations

import ast
import functools
import operator
import re
from collections.abc import Callable, Mapping

from .errors import SpecError
from .text import printable

SIGNS: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
}
LEXICON = re.compile(r"(?:[^\W\d]\w*|\d{1,18}(?!\w)|//|[-+*()\[\] ])+")
"""Words, numbers and signs. Python's own reader would warn of some of what is not in it."""


@functools.lru_cache(maxsize=4096)
def parsed(atom: str) -> ast.expr:
    """The syntax of an atom; raises SpecError for anything but names, whole numbers, `+ - * //` and brackets.

    >>> ast.unparse(parsed("widths[0] // (2 * ratio)"))
    'widths[0] // (2 * ratio)'
    """
    if not LEXICON.fullmatch(atom):
        raise _no_atom(atom)
    try:
        found = ast.parse(atom, mode="eval").body
        if not _fine(found):
            raise _no_atom(atom)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise _no_atom(atom) from None
    return found


def value_of(atom: str, known: Mapping[str, int]) -> int:
    """The number that an atom is with these parameters; raises SpecError for a name that is not among them.

    >>> value_of("widths[0] // 4", {"widths[0]": 64})
    16
    """
    if atom in known and atom.isidentifier():
        return int(known[atom])
    try:
        return _value(parsed(atom), known)
    except (ZeroDivisionError, RecursionError):
        raise SpecError(f"{printable(atom, 100)!r} has no value") from None


def _value(node: ast.expr, known: Mapping[str, int]) -> int:
    if isinstance(node, ast.BinOp):
        return SIGNS[type(node.op)](_value(node.left, known), _value(node.right, known))
    if isinstance(node, ast.UnaryOp):
        return -_value(node.operand, known)
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return node.value
    name = ast.unparse(node)
    if name not in known:
        there = f"there are {printable(', '.join(known), 200)}" if known else "it has none"
        raise SpecError(f"{printable(name, 100)!r} is no parameter of the block; {there}")
    return int(known[name])


def _fine(node: ast.expr) -> bool:
    if isinstance(node, ast.BinOp):
        return type(node.op) in SIGNS and _fine(node.left) and _fine(node.right)
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.USub) and _fine(node.operand)
    if isinstance(node, ast.Subscript):
        inner = isinstance(node.slice, ast.Constant) and type(node.slice.value) is int
        return inner and isinstance(node.value, ast.Name | ast.Subscript) and _fine(node.value)
    if isinstance(node, ast.Constant):
        return type(node.value) is int
    return isinstance(node, ast.Name) and not node.id.startswith("__")


def _no_atom(atom: str) -> SpecError:
    return SpecError(
        f"{printable(atom, 100)!r} is no expression of a block's parameters: names, whole numbers and + - * //"
    )
