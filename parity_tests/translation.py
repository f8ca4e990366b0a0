"""What is said to a person, where it stands, and what the .po files say of it, as Babel reads both."""

from __future__ import annotations

import datetime
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from writers import ROOT

from diptych.common.language import FOLDER
from diptych.page.environment import MARKED

TREES = ("diptych", "common", "torch_impl", "tf_impl")
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "marked": None, "message": None}
HEAD = {"trimmed": "true", "newstyle_gettext": "true", "trim_blocks": "true", "silent": "false"}
FIXED = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
"""The date of a catalogue: the same .po files make the same bytes."""


@dataclass(frozen=True)
class Text:
    """A text in English, its plural where it has one, and where it stands."""

    one: str
    many: str
    where: str


@cache
def texts() -> dict[str, Text]:
    """Every text that is to be translated, by itself."""
    return {text.one: text for text in (*_of_files(), *_of_values(), *_of_commands()) if text.one}


def po_files(language: str = "zh") -> list[Path]:
    """The .po files of a language."""
    return sorted((FOLDER.resolve() / language / "LC_MESSAGES").glob("*.po"))


@cache
def catalogues(language: str = "zh") -> dict[str, Catalog]:
    """What each .po file holds, by its name."""
    found = {}
    for path in po_files(language):
        with path.open("rb") as file:
            found[path.name] = read_po(file, locale=language, abort_invalid=True)
    return found


def compiled(language: str = "zh") -> bytes:
    """All .po files of a language as one .mo file."""
    whole = Catalog(language, project="diptych", creation_date=FIXED, revision_date=FIXED, fuzzy=False)
    for catalogue in catalogues(language).values():
        for entry in catalogue:
            if entry.id and entry.string and not entry.fuzzy:
                whole.add(entry.id, entry.string)
    made = io.BytesIO()
    write_mo(made, whole)
    return made.getvalue()


def _of_files() -> Iterator[Text]:
    """Texts of templates and code, by Babel; of scripts, as the program itself finds them."""
    for tree in TREES:
        for path in sorted((ROOT / tree).rglob("*")):
            if path.suffix in METHODS and path.is_file():
                where = str(path.relative_to(ROOT))
                source = path.read_bytes()
                if path.suffix == ".js":
                    yield from (Text(_plain(text), "", where) for text in MARKED.findall(source.decode()))
                elif path.suffix == ".j2" or b"language import" in source:
                    yield from _extracted(METHODS[path.suffix], source, where)


METHODS = {".py": "python", ".j2": "jinja2.ext:babel_extract", ".js": ""}


def _extracted(method: str, source: bytes, where: str) -> Iterator[Text]:
    options = HEAD if method.startswith("jinja2") else {}
    for line, found, _, _ in extract(method, io.BytesIO(source), KEYWORDS, options=options):
        one, many = found if isinstance(found, tuple) else (found, "")
        yield Text(one, many, f"{where}:{line}")


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _of_values() -> Iterator[Text]:
    """Texts that are values: traps, ideas, names of ops and gates."""
    from diptych.checking.gates import GATES
    from diptych.common import citing
    from diptych.common.ops import kinds
    from diptych.common.registry import network, networks
    from diptych.site.data import words
    from diptych.site.ideas import IDEAS
    from diptych.traps.known import known

    for trap in known().values():
        for part in ("section", "title", "torch", "keras", "rule", "measure", "note"):
            yield Text(getattr(trap, part), "", f"trap {trap.id}, {part}")
    for name in networks():
        card = network(name).card
        said = [card.idea, card.departure, card.recipe.text if card.recipe else "", *card.quirks]
        said += [item.what for item in card.reported]
        said += [text for text in card.preprocessing.values() if not citing.settings(text)]
        said += [] if citing.numbered(card.read_from) or " " not in card.read_from else [card.read_from]
        said += [source for source in (card.reference, card.counts.source) if citing.whole(source)]
        said += [card.published.measure, card.published.note] if card.published else []
        yield from (Text(words, "", f"card {name}") for words in said)
    yield from (Text(idea.what, "", f"idea {idea.older} to {idea.younger}") for idea in IDEAS)
    yield from (Text(words(kind), "", f"op {kind}") for kind in kinds())
    yield from (Text(gate.replace("_", " "), "", f"gate {gate}") for gate in GATES)


def _of_commands() -> Iterator[Text]:
    """The help of every command and of its options."""
    import typer

    from diptych.commands.cli import app

    group = typer.main.get_command(app)
    for name, command in {"": group, **group.commands}.items():  # type: ignore[attr-defined]
        yield from (Text(text, "", f"diptych {name}") for text in (command.help, command.epilog) if text)
        for parameter in command.params:
            if text := getattr(parameter, "help", None):
                yield Text(text, "", f"diptych {name}, {parameter.name}")
