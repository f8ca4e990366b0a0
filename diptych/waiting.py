"""What a person sees at a terminal while something takes its time: a line on stderr that turns; nothing in a pipe."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from .common.text import NAME, printable

if TYPE_CHECKING:
    from rich.text import Text

P = ParamSpec("P")
R = TypeVar("R")


_TURNING: list[Callable[[str], None]] = []
"""How to change the text of the line that turns now; there is one at a time."""


@contextmanager
def waiting(text: str) -> Iterator[Callable[[str], None]]:
    """A spinner on stderr while something takes its time, and how to change its text; nothing in a pipe.

    Inside another, it is the text of that one.
    """
    if not _is_terminal():
        yield lambda text: None
        return
    if _TURNING:
        _TURNING[-1](text)
        yield _TURNING[-1]
        return
    from rich.console import Console

    # A spinner that ASCII has: a terminal of another encoding would show numbers in its place.
    with Console(stderr=True).status(_plain(text), spinner="line") as status:
        _TURNING.append(lambda text: status.update(_plain(text)))
        try:
            yield _TURNING[-1]
        finally:
            _TURNING.pop()


def shows_progress(text: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a function that takes `progress` show it at a terminal where its caller gives none."""

    def wrapped(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def shown(*args: P.args, **kwargs: P.kwargs) -> R:
            if kwargs.get("progress") is not None:
                return function(*args, **kwargs)
            with waiting(text) as update:
                kwargs["progress"] = update
                return function(*args, **kwargs)

        return shown

    return wrapped


def _is_terminal() -> bool:
    """Whether stderr is one; it may be closed, or another object than Python's own."""
    try:
        return sys.stderr.isatty()
    except (AttributeError, ValueError):
        return False


def _plain(text: str) -> Text:
    """A text for Rich in which nothing is markup."""
    from rich.text import Text

    return Text(printable(text, NAME))
