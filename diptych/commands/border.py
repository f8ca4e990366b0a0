"""Where whatever was raised becomes one line on stderr and an exit code; nothing crosses it as a traceback."""

from __future__ import annotations

import itertools
import re
import sys
import traceback
from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperGroup

from ..common.errors import DiptychError
from ..common.language import gettext, local, using
from ..common.text import printable
from . import streams
from .language import localise, show_usage, taken
from .typed import example, meant, unknown
from .words import BAD, INTERNAL, INTERRUPTED

TRACEBACK = "--traceback"
LONGEST = 1500
"""Characters of an unexpected error's own text, so that what to do about it is never cut."""


class Border(TyperGroup):
    """The commands, with every error as one line on stderr, and `--traceback` at any place among their words."""

    shows_traceback = False
    words: Sequence[str] = ()

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command of the first word, or the one that is meant by it; a usage error where there is none."""
        word = args[0] if args else ""
        if word and not word.startswith("-") and word not in self.commands:
            args = meant(args, self.commands) or ctx.fail(local(unknown(word, self.commands)))
            if args[0].startswith("-"):
                self.main(args, "diptych", standalone_mode=False)
                raise typer.Exit
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The commands, each with a summary that is whole: its text to the first colon, semicolon or full stop."""
        rows = [(name, _summary(command.help or "")) for name, command in self.commands.items()]
        with formatter.section("Commands"):  # which the formatter translates
            formatter.write_dl(rows)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run the command that the words name, and leave with its exit code."""
        words = list(sys.argv[1:] if args is None else args)
        try:
            words, spoken = taken(words)
        except DiptychError as error:
            sys.exit(ended(error, words))
        with using(spoken):
            localise(self)
            return self._run(words, prog_name, complete_var, standalone_mode, windows_expand_args, **extra)

    def _run(
        self,
        words: list[str],
        prog_name: str | None,
        complete_var: str | None,
        standalone_mode: bool,
        windows_expand_args: bool,
        **extra: Any,
    ) -> Any:
        own = words[: words.index("--")] if "--" in words else words
        self.shows_traceback = TRACEBACK in own
        words = self.words = [word for word in own if word != TRACEBACK] + words[len(own) :]
        rest = (words, prog_name, complete_var, False, windows_expand_args)
        if not standalone_mode:
            return super().main(*rest, **extra)
        sys.exit(flushed(self._code(rest, extra), self.words, self.shows_traceback))

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort, SystemExit):
            raise
        except BaseException as error:  # here, since Typer takes a broken pipe and the end of a file for its own
            if _is_usage(error):
                raise
            raise typer.Exit(self._end(error)) from None

    def _code(self, rest: tuple[Any, ...], extra: dict[str, Any]) -> int:
        try:
            found = super().main(*rest, **extra)
            return found if isinstance(found, int) else 0
        except SystemExit as answer:  # Typer's own answer to a broken pipe, and to a shell that completes
            return BAD if answer.code else 0
        except BaseException as error:  # noqa: BLE001  # what is raised while the words are read, and all of the usage
            return self._end(error)

    def _end(self, error: BaseException) -> int:
        return ended(error, self.words, self.shows_traceback)


def flushed(code: int, words: Sequence[str], shows_traceback: bool = False) -> int:
    """The exit code after the last of the output, which may go to a full disk, or to nobody."""
    try:
        streams.write("")
    except (DiptychError, OSError) as error:
        end = ended(error, words, shows_traceback)
        return end if code < end else code
    return code


def left(error: BaseException) -> int | None:
    """The exit code with which a command left of its own; None for every other error."""
    return error.exit_code if isinstance(error, typer.Exit) else None


def ended(error: BaseException, words: Sequence[str], shows_traceback: bool = False) -> int:
    """Say what an error of a command line is, and return its exit code."""
    if isinstance(error, (KeyboardInterrupt, typer.Abort)):
        return INTERRUPTED
    if isinstance(error, OSError):
        error = _of_output(error)
    if isinstance(error, streams.Unread):
        return BAD
    if _is_usage(error):
        return _usage(error, words)
    code, text = _judged(error)
    streams.complain(text)
    if shows_traceback:
        streams.complain(*"".join(traceback.format_exception(error)).splitlines())
    return code


def _of_output(error: OSError) -> Exception:
    """The error of stdout, where that is what the system refused; a library may have written there itself."""
    if isinstance(error, BrokenPipeError) and streams.is_cut_off():
        streams.silence(1)
        return streams.Unread()
    try:
        streams.write("")
    except (DiptychError, streams.Unread) as own:
        return own
    return error


def _judged(error: BaseException) -> tuple[int, str]:
    """(exit code, what is said) of an error: an internal one is whatever no input and no machine accounts for."""
    said = printable(str(error), LONGEST)
    if isinstance(error, DiptychError):
        return BAD, gettext("error: {said}").format(said=local(error))
    if _is_of_memory(error, said):
        aside = f" ({said})" if said else ""
        return BAD, gettext("error: there is not enough memory for this{aside}; free some, or give more").format(
            aside=aside
        )
    if isinstance(error, OSError):
        return BAD, gettext("error: the system refused: {said}").format(said=said)
    if isinstance(error, ModuleNotFoundError) and not (error.name or "diptych").startswith("diptych"):
        return BAD, gettext("error: this needs {name}: pip install 'diptych[all]'").format(name=error.name)
    return INTERNAL, gettext(
        "internal error: {kind}: {said} (this is a fault of diptych; please report it, with the "
        "command and what it prints with {option})"
    ).format(kind=type(error).__name__, said=said, option=TRACEBACK)


def _is_of_memory(error: BaseException, said: str) -> bool:
    """Whether memory ran out, as Python, PyTorch and TensorFlow say it."""
    named = type(error).__name__ in ("OutOfMemoryError", "ResourceExhaustedError")
    return isinstance(error, MemoryError) or named or "allocate memory" in said


def _is_usage(error: BaseException) -> bool:
    """Whether an error is Typer's, of a wrong command line; Typer has Click's classes under changing names."""
    return hasattr(error, "format_message") and hasattr(error, "exit_code")


def _summary(text: str) -> str:
    """The first clause of a help text."""
    first = " ".join(text.partition("\n\n")[0].split())
    return re.split(r"[:;：；。]|\.(?:\s|$)", first)[0]


def _usage(error: Any, words: Sequence[str]) -> int:
    """Print a usage error, with a line that would do; nothing more for a call without a word."""
    if type(error).__name__ != "NoArgsIsHelpError":
        error.message = printable(_said(error, words))
    try:
        show_usage(error)
        name = getattr(getattr(getattr(error, "ctx", None), "command", None), "name", None) or ""
        line = example(name, words[words.index(name) + 1 :] if name in words else ())
        if line:
            streams.complain(gettext("For example: {line}").format(line=line))
    except (OSError, ValueError):
        streams.silence(2)
    return int(error.exit_code)


def _pairs(words: Sequence[str]) -> list[tuple[str, str]]:
    """Each word and the one after it."""
    return list(itertools.zip_longest(words, words[1:], fillvalue=""))


def _said(error: Any, words: Sequence[str]) -> str:
    """The message of a usage error, with the value that was no number."""
    said, options = str(error.message), getattr(getattr(error, "param", None), "opts", ())
    for kind, wanted in (
        ("integer", gettext("a whole number, such as 10")),
        ("number", gettext("a number, such as 0.5")),
    ):
        if f"valid {kind}" in said or f"not a valid {kind}" in said:
            plain = [(word.partition("=")[0].replace("_", "-"), word, after) for word, after in _pairs(words)]
            got = [word.partition("=")[2] if "=" in word else after for name, word, after in plain if name in options]
            form = gettext("expected {wanted}, not {got!r}") if got else gettext("expected {wanted}")
            return form.format(wanted=wanted, got=got[0] if got else "")
    return said
