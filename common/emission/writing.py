"""Classes as lines of source, each with the paths of what it makes or runs."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any, NamedTuple

from .docs import in_comment, in_docstring
from .names import word
from .printing import listed, printed
from .program import Assign, Class, Comment, Do, Listing, Loop, Method, Parameter, Paths, Return, Statement

INDENT = "    "
ROOM = 112
"""The columns of a line of a method."""


class Line(NamedTuple):
    """One line of source, and the paths of what it makes or runs."""

    text: str
    paths: Paths = ()

    def inside(self) -> Line:
        """The same line, further in."""
        return Line(INDENT + self.text if self.text else "", self.paths)


def class_lines(made: Class) -> Iterator[Line]:
    """The lines of a class, its methods with an empty line between them."""
    yield Line(f"class {word(made.name)}({word(made.base)}):", made.paths)
    if made.doc:
        yield Line(f'"""{in_docstring(made.doc)}"""').inside()
    for number, method in enumerate(made.methods):
        if number or made.doc:
            yield Line("")
        if made.note and not number:
            yield Line(f"# {in_comment(made.note)}").inside()
        yield from (line.inside() for line in (lines(method) if isinstance(method, Comment) else _method(method)))


def _method(method: Method) -> Iterator[Line]:
    returns = f" -> {printed(method.returns)}" if method.returns else ""
    yield Line(f"def {word(method.name)}({', '.join(map(_parameter, method.parameters))}){returns}:")
    for statement in method.body:
        yield from (line.inside() for line in lines(statement))


def _parameter(parameter: Parameter) -> str:
    name = word(parameter.name)
    name += f": {printed(parameter.annotation)}" if parameter.annotation else ""
    return f"{name}={printed(parameter.default)}" if parameter.has_default else name


@functools.singledispatch
def lines(statement: Statement) -> Iterator[Line]:
    """The lines of a statement."""
    raise NotImplementedError(f"no statement: {statement}")


@lines.register
def _(statement: Assign) -> Iterator[Line]:
    comment = f"  # {in_comment(statement.comment)}" if statement.comment else ""
    yield Line(f"{_bare(statement.target)} = {printed(statement.value)}{comment}", statement.paths)


@lines.register
def _(statement: Do) -> Iterator[Line]:
    yield Line(printed(statement.value), statement.paths)


@lines.register
def _(statement: Return) -> Iterator[Line]:
    text = f"return {_bare(statement.value)}"
    if not isinstance(statement.value, dict) or len(text) <= ROOM:
        yield Line(text, statement.paths)
        return
    yield Line("return {", statement.paths)
    yield from (Line(f"{printed(name)}: {printed(value)},").inside() for name, value in statement.value.items())
    yield Line("}")


@lines.register
def _(statement: Loop) -> Iterator[Line]:
    yield Line(f"for {word(statement.counter)} in range({int(statement.count)}):", statement.paths)
    yield from (line.inside() for line in lines(statement.body))


@lines.register
def _(statement: Comment) -> Iterator[Line]:
    return (Line(f"# {in_comment(line)}") for line in statement.lines)


@lines.register
def _(statement: Listing) -> Iterator[Line]:
    yield Line(f"{printed(statement.target)} = [")
    yield from (Line(f"{printed(value)},", paths).inside() for value, paths in statement.entries)
    yield Line("]")


def _bare(value: Any) -> str:
    """A value, or several without the parentheses that a tuple has elsewhere."""
    return listed(value) if isinstance(value, tuple) and len(value) > 1 else printed(value)
