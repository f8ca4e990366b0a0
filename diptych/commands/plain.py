"""Plain lines of the commands that compute little, without the parser, which takes longer to read than they to run.

A conversion without its check is one: it turns and copies numbers.

Taken is a line of a known command whose options stand here; every other line, a wrong one too, is Typer's to read.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from ..common.errors import DiptychError
from ..common.language import ENGLISH, asked, use
from .deferred import defer
from .streams import prepare, write

ONE_THREAD = ("OPENBLAS_NUM_THREADS", "1")
"""These lines multiply no matrices, and a process with one thread may be copied: see `files/h5_forked`."""
AS_JSON = {"--json": "as_json"}
SIDES = {**dict.fromkeys(("--torch", "--pytorch"), "torch"), **dict.fromkeys(("--tf", "--keras", "--tensorflow"), "tf")}


@dataclass(frozen=True)
class Line:
    """A command: its function in a file of this folder, the parameter of its words, and options by their parameters.

    `least` and `most` are the numbers of words; where one at most is taken, the parameter is that word and no list, and
    where as many as `words` has parts, each has a parameter. `off` are the options that turn a parameter off, and
    `counts` those that take a number from 1 on.
    """

    home: str
    function: str
    words: str
    least: int = 1
    most: float = 1
    flags: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    kind: Callable[[str], Any] = str
    off: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, str] = field(default_factory=dict)

    def parameters(self, plain: Sequence[str]) -> dict[str, Any]:
        """The words by the parameters that take them."""
        names = self.words.split()
        if len(names) == self.most:
            return {name: self.kind(word) for name, word in zip(names, plain, strict=True)}
        return {self.words: plain}


RANGES = {f"--{name}": name for name in ("family", "year", "params", "macs")}
EVERY = float("inf")
LINES = {
    "identify": Line("identifying", "identify", "file", flags=AS_JSON, texts={"--prefix": "prefix"}, kind=Path),
    "convert": Line(
        *(
            "converting",
            "convert",
            "src dst",
            2,
            2,
            {"--force": "force", "--fast": "fast", "--hash-again": "hash_again"},
        ),
        {name: name[2:] for name in ("--network", "--to", "--form", "--prefix", "--dtype", "--suffix", "--ray")},
        *(Path, {"--no-check": "check"}, {"--jobs": "jobs"}),
    ),
    "list": Line("catalogue", "list_networks", "words", 0, EVERY, AS_JSON, RANGES),
    "card": Line("catalogue", "card", "name", flags=AS_JSON),
    "table": Line(
        "catalogue", "table", "names", 1, EVERY, AS_JSON | {"--compare": "compare"}, {"--input-size": "input_size"}
    ),
    "source": Line("study", "source", "name", flags=SIDES),
    "show": Line("study", "show", "name"),
    "traps": Line("study", "traps", "words", 0, EVERY, AS_JSON),
}


def read(words: Sequence[str]) -> tuple[Line, dict[str, Any]] | None:
    """The command of a plain line and the arguments of its function; None where Typer is to read it.

    >>> read(["card", "resnet50", "--json"])[1]
    {'as_json': True, 'name': 'resnet50'}
    >>> read(["card"]), read(["card", "resnet50", "--jsn"])
    (None, None)
    """
    line = LINES.get(words[0]) if words else None
    if line is None:
        return None
    given, plain, left = dict[str, Any](), list[str](), iter(words[1:])
    for word in left:
        option, equals, text = word.partition("=")
        if not word.startswith("-"):
            plain.append(word)
        elif word in line.flags:
            given[line.flags[word]] = True
        elif word in line.off:
            given[line.off[word]] = False
        elif option in line.texts and (text or not equals):
            given[line.texts[option]] = text or next(left, "-")
        elif option in line.counts and (text or not equals):
            number = text or next(left, "-")
            if not (number.isascii() and number.isdigit() and 0 < len(number) < 10 and int(number)):
                return None
            given[line.counts[option]] = int(number)
        else:
            return None
    values = [value for value in given.values() if isinstance(value, str)]
    if not line.least <= len(plain) <= line.most or any(value.startswith("-") for value in values):
        return None
    return line, given | line.parameters(plain)


def main() -> None:
    """The entry point of the `diptych` command: leaves with the exit code of the line."""
    prepare()
    words = _spoken(sys.argv[1:])
    found = read(words)
    if found is None:
        from .cli import main as whole

        whole()
        return
    sys.exit(_run(words, *found))


def _spoken(words: Sequence[str]) -> Sequence[str]:
    """The words without `--lang`, whose language is spoken from here on; as they are where it is wrong, or not asked.

    A wrong one is the border's to refuse, which takes the words anew.
    """
    if not (any(word.partition("=")[0] == "--lang" for word in words) or asked() != ENGLISH):
        return words
    from .language import taken

    try:
        rest, language = taken(words)
    except DiptychError:
        return words
    use(language)
    return rest


def _run(words: Sequence[str], line: Line, given: Mapping[str, Any]) -> int:
    if line.function != "convert" or given.get("check") is False:
        os.environ.setdefault(*ONE_THREAD)
    if line.function != "convert":  # which has threads of its own, and needs it
        defer("numpy")
    code = 0
    try:
        getattr(import_module(f".{line.home}", __package__), line.function)(**given)
        write("")  # the last of the output, which may go to a full disk, or to nobody
    except BaseException as error:  # noqa: BLE001  # whatever it is has an exit code, as in Typer's lines
        from .border import ended, flushed, left

        own = left(error)
        code = flushed(ended(error, words) if own is None else own, words)
    return code
