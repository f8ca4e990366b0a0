"""Python source as lines of HTML with classes of one letter; Pygments reads it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from markupsafe import Markup, escape

CLASSES = (
    ("Comment", "c"),
    ("Keyword", "k"),
    ("Operator.Word", "k"),
    ("Literal.String.Doc", "d"),
    ("Literal.String", "s"),
    ("Literal.Number", "m"),
    ("Name.Class", "f"),
    ("Name.Function", "f"),
    ("Name.Decorator", "a"),
    ("Name.Builtin", "b"),
)
"""Kinds of token and the class that each bears; everything else is plain. The first that fits is taken."""


def lines(text: str) -> list[Markup]:
    """The lines of a Python text as HTML, as many as `text.splitlines()`.

    >>> str(lines("x = 1 < 2")[0])
    'x = <i class=m>1</i> &lt; <i class=m>2</i>'
    """
    done: list[list[str]] = [[]]
    for letter, piece in _pieces(text):
        first, *rest = piece.split("\n")
        done[-1].append(_mark(letter, first))
        done += [[_mark(letter, line)] for line in rest]
    return [Markup("".join(parts)) for parts in done[: len(text.splitlines())]]  # noqa: S704 - _marked escapes


def _mark(letter: str, text: str) -> str:
    if letter and text.strip():
        return f"<i class={letter}>{escape(text)}</i>"
    # A long line may break after a bracket too.
    return str(escape(text)).replace("(", "(<wbr>")


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """Runs of tokens of the same class."""
    last, run = "", ""
    for kind, piece in _lexer().get_tokens(text):
        letter = _letter(str(kind).removeprefix("Token."))
        if letter != last and run:
            yield last, run
            run = ""
        last, run = letter, run + piece
    yield last, run


@cache
def _lexer() -> Any:
    from pygments.lexers.python import PythonLexer  # type: ignore[import-untyped]

    return PythonLexer(stripnl=False, ensurenl=False)


@cache
def _letter(kind: str) -> str:
    return next((letter for name, letter in CLASSES if kind.startswith(name)), "")
