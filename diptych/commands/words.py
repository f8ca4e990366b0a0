"""The arguments and options of a command as data, since Typer takes longer to read than a plain line to run.

`cli` turns them into Typer's own before it gives it the command; a plain line does without.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

SAME, DIFFERENT, BAD, INTERNAL, INTERRUPTED = 0, 1, 2, 3, 130
"""The exit codes."""


@dataclass(frozen=True, eq=False)
class Word:
    """What Typer's Option or Argument is made of: its names, and help, metavar and the like."""

    kind: Literal["Option", "Argument"]
    names: tuple[str, ...]
    more: dict[str, Any]


def opt(*names: str, **more: Any) -> Word:
    """An option, to stand in Annotated; the words are those of `typer.Option`."""
    return Word("Option", names, more)


def arg(**more: Any) -> Word:
    """An argument, to stand in Annotated; the words are those of `typer.Argument`."""
    return Word("Argument", (), more)


def for_typer(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command, whose annotations now have what Typer reads."""
    hints = get_type_hints(command, include_extras=True)
    command.__annotations__ = {name: _with_typer(hint) for name, hint in hints.items()}
    return command


def _with_typer(hint: Any) -> Any:
    if get_origin(hint) is not Annotated:
        return hint
    import typer

    kind, *rest = get_args(hint)
    made = (getattr(typer, one.kind)(*one.names, **one.more) if isinstance(one, Word) else one for one in rest)
    return Annotated[kind, *made]


def leave(code: int) -> None:
    """End the command with an exit code; nothing where that is 0."""
    if code:
        from typer import Exit

        raise Exit(code)
