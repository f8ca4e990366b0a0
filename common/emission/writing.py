"""Classes as lines of source, each with the paths of what it makes or runs."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import NamedTuple

from .printing import listed, printed
from .program import Assign, Class, Comment, Do, Listing, Loop, Method, Parameter, Paths, Return, Statement

INDENT = "    "


class Line(NamedTuple):
    """One line of source, and the paths of what it makes or runs."""

    text: str
    paths: Paths = ()

    def inside(self) -> Line:
        """The same line, further in."""
        return Line(INDENT + self.text if self.text else "", self.paths)


def class_lines(made: Class) -> Iterator[Line]:
    """The lines of a class, its methods with an empty line between them."""
    yield Line(f"class {made.name}({made.base}):", made.paths)
    if made.doc:
        yield Line(f'"""{made.doc}"""').inside()
    for number, method in enumerate(made.methods):
        if number or made.doc:
            yield Line("")
        yield from (line.inside() for line in (_comment(method) if isinstance(method, Comment) else _method(method)))


def _comment(comment: Comment) -> Iterator[Line]:
    return (Line(f"# {line}") for line in comment.lines)


def _method(method: Method) -> Iterator[Line]:
    returns = f" -> {method.returns}" if method.returns else ""
    yield Line(f"def {method.name}({', '.join(map(_parameter, method.parameters))}){returns}:")
    for statement in method.body:
        yield from (line.inside() for line in lines(statement))


def _parameter(parameter: Parameter) -> str:
    name = f"{parameter.name}: {parameter.annotation}" if parameter.annotation else parameter.name
    return f"{name}={printed(parameter.default)}" if parameter.has_default else name


@functools.singledispatch
def lines(statement: Statement) -> Iterator[Line]:
    """The lines of a statement."""
    raise NotImplementedError(f"no statement: {statement}")


@lines.register
def _(statement: Assign) -> Iterator[Line]:
    yield Line(f"{listed(statement.targets)} = {printed(statement.value)}", statement.paths)


@lines.register
def _(statement: Do) -> Iterator[Line]:
    yield Line(printed(statement.value), statement.paths)


@lines.register
def _(statement: Return) -> Iterator[Line]:
    yield Line(f"return {listed(statement.values)}", statement.paths)


@lines.register
def _(statement: Loop) -> Iterator[Line]:
    yield Line(f"for {statement.counter} in range({statement.count}):", statement.paths)
    yield from (line.inside() for line in lines(statement.body))


@lines.register
def _(statement: Listing) -> Iterator[Line]:
    yield Line(f"{printed(statement.target)} = [")
    yield from (Line(f"{printed(value)},", paths).inside() for value, paths in statement.entries)
    yield Line("]")
