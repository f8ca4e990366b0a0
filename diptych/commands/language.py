"""`--lang` at any place of a command line, and its help in the language that is spoken.

A language is asked for by `--lang`, DIPTYCH_LANG or the locale. Help is folded by the columns that characters take, as
those of Chinese take two, and between any two of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ..common.errors import DiptychError
from ..common.language import ENGLISH, LANGUAGES, asked, gettext, marked, message, spoken
from .streams import complain
from .wide import wrapped

OPTION = "--lang"
HEADINGS = (marked("Arguments"), marked("Options"), marked("Commands"))
EXTRAS = (
    (re.compile(r"default: (?=[^\]]*\]$)"), marked("default: ")),
    (re.compile(r"required(?=\]$)"), marked("required")),
)
USAGE = (
    marked("Missing command."),
    marked("Missing argument {name}."),
    marked("Missing option {name}."),
    marked("Option {name} requires an argument."),
    marked("No such option: {name}"),
    marked("Got unexpected extra argument(s) ({names})"),
    marked("Invalid value for {name}: {why}"),
)
"""What Typer says of a wrong command line."""
HELP = marked("Show this message and exit.")


def taken(words: Sequence[str]) -> tuple[list[str], str]:
    """The words without `--lang NAME`, and the language that they or the surroundings ask for.

    Raises DiptychError for one that there is not. What stands after `--` is left alone.
    """
    own = list(words[: words.index("--")]) if "--" in words else list(words)
    rest, language = list(words[len(own) :]), ""
    while (place := next((i for i, word in enumerate(own) if word.partition("=")[0] == OPTION), None)) is not None:
        _, equals, value = own[place].partition("=")
        value = value if equals else next(iter(own[place + 1 : place + 2]), "")
        if value not in LANGUAGES:
            raise DiptychError(
                message("--lang takes {languages}, not {value!r}", languages=" or ".join(LANGUAGES), value=value)
            )
        language = value
        del own[place : place + (1 if equals else 2)]
    return own + rest, language or asked()


def localise(group: Any) -> None:
    """Put the help of a group of commands, of each command and of their parameters into the language that is spoken."""
    if spoken() == ENGLISH:
        return
    for command in (group, *group.commands.values()):
        for part in ("help", "epilog"):
            if text := getattr(command, part):
                setattr(command, part, gettext(text))
        command.context_class = _context(command.context_class)
        for parameter in command.params:
            if getattr(parameter, "help", None):
                parameter.help = gettext(parameter.help)


def _context(kind: type) -> type:
    """A class of contexts whose help is folded here."""
    return type(kind.__name__, (kind,), {"formatter_class": _formatter(kind.formatter_class)})  # type: ignore[attr-defined]


def _formatter(base: Any) -> type:
    class Folding(base):  # type: ignore[misc]
        """Help with translated headings, and texts that are folded by columns."""

        def write_heading(self, heading: str) -> None:
            super().write_heading(gettext(heading))

        def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
            super().write_usage(prog, args, gettext("Usage: ") if prefix is None else prefix)

        def write_text(self, text: str) -> None:
            super().write_text(fold(text, self.width - self.current_indent))

        def write_dl(self, rows: Sequence[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
            first = min(max(len(name) for name, _ in rows), col_max) + col_spacing
            width = max(self.width - first - 2, 10)
            super().write_dl([(name, fold(_extras(text), width)) for name, text in rows], col_max, col_spacing)

    return Folding


def _extras(text: str) -> str:
    """A help text with what Typer adds at its end; that of --help is Typer's own."""
    text = gettext(HELP) if text == HELP else text
    for pattern, word in EXTRAS:
        text = pattern.sub(gettext(word), text)
    return text


def show_usage(error: Any) -> None:
    """Print an error of a command line, as Typer does, in the language that is spoken."""
    if spoken() == ENGLISH or type(error).__name__ == "NoArgsIsHelpError":
        error.show()
        return
    if error.ctx is not None:
        command = f"{error.ctx.command_path} {error.ctx.help_option_names[0]}"
        hint = gettext("Try '{command}' for help.").format(command=command)
        complain(*error.ctx.get_usage().splitlines(), hint, "")
    complain(gettext("error: {said}").format(said=of_typer(error.format_message())))


def of_typer(text: str) -> str:
    """What Typer says of a command line, in the language that is spoken where it is known.

    >>> of_typer("Missing argument 'NAME'.")
    "Missing argument 'NAME'."
    """
    for form in USAGE:
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.*)", re.escape(form))
        if found := re.fullmatch(pattern, text, re.DOTALL):
            return gettext(form).format(**found.groupdict())
    return text


def fold(text: str, width: int) -> str:
    """Paragraphs in lines of so many columns at most, marked so that the formatter leaves them.

    >>> print(fold("步幅为 2 的卷积。", 10).replace(chr(8), "<b>"))
    <b>
    步幅为 2
    的卷积。
    """
    parts = (" ".join(part.split()) for part in text.split("\n\n"))
    return "\n\n".join("\n".join(["\b", *wrapped(part, width)]) for part in parts if part)
