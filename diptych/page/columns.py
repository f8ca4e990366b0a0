"""The three columns of the page: stretches of numbered lines under a strip of figures, padded to equal heights."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from markupsafe import Markup

from ..common.emission.source import Source
from ..common.language import gettext, marked
from ..common.spec import Shape
from .alignment import PageSlot
from .figures import Figures, Ledger, count_text, nchw_text, nhwc_text
from .highlight import lines
from .zoo import Chunk, Zoo

INDENT = 4
LETTERS = 52
"""About how many letters of code stand on a line of a column before it wraps, on a screen of 1400 pixels."""
SLACK = 8
"""How many lines the spec may be longer than the code beside it before the rest of it is folded."""
APPLIES = re.compile(r"\s+(return\b|[a-z](, [a-z])* = )")
"""A line of a forward pass: values have names of one letter there, and attributes are set in the constructor."""


@dataclass(frozen=True)
class CodeLine:
    """One line of code: its number in its own file, its HTML, its steps of indentation, and a short note after it."""

    number: int
    html: Markup
    depth: int
    note: str = ""


@dataclass(frozen=True)
class Kind:
    """Instances of a class that are alike in shapes and counts: their paths, figures, and shapes as text."""

    paths: tuple[str, ...]
    figures: Figures
    shapes: str


@dataclass(frozen=True)
class Piece:
    """Some lines that follow each other in their file: `file` is its name where it is not that of the piece before."""

    lines: tuple[CodeLine, ...]
    name: str = ""
    file: str = ""


@dataclass(frozen=True)
class Stretch:
    """One slot in one column: what its strip says, and its lines in one piece or several.

    `kinds` are the distinct blocks of the class; `every` sums up all instances where there are several. `folded` is
    what the spec calls further in, where the code beside it leaves no room for that.
    """

    slot: PageSlot
    instances: tuple[str, ...]
    kinds: tuple[Kind, ...]
    every: Figures | None
    pieces: tuple[Piece, ...]
    folded: tuple[Piece, ...] = ()


@dataclass(frozen=True)
class Column:
    """A column: `key` is t, s or k; `file` is the name under which its whole text is saved."""

    key: str
    title: str
    layout: str
    file: str
    stretches: tuple[Stretch, ...]


def columns(
    slots: list[PageSlot], sources: tuple[Source, Source], zoo: Zoo, ledger: Ledger
) -> tuple[Column, Column, Column]:
    """PyTorch, spec and TensorFlow, slot for slot."""
    torch, tf = (_Panel(source, layout, ledger) for source, layout in zip(sources, ("NCHW", "NHWC"), strict=True))
    name, file = ledger.net.name.replace(".", "_"), zoo.label.rpartition("/")[2]
    spec, plain = _lines(zoo.text), zoo.text.splitlines()
    beside = torch.source.text.splitlines()
    middle = []
    for slot in slots:
        shown, folded = _folded(slot, plain, _height(beside[slot.first - 1 : slot.last]))
        groups = [_pieces(chunks, spec, zoo.label) for chunks in (shown, folded)]
        middle.append(torch.stretch(slot, *groups))
    return (
        Column("t", "PyTorch", "NCHW", f"{name}_torch.py", torch.stretches(slots)),
        Column("s", marked("Spec"), zoo.label, file, tuple(middle)),
        Column("k", "TensorFlow", "NHWC", f"{name}_tf.py", tf.stretches(slots)),
    )


def _folded(slot: PageSlot, plain: list[str], room: int) -> tuple[list[Chunk], list[Chunk]]:
    """The pieces of a slot that are shown, its own function always among them, and those for which there is no room."""
    shown, folded = list(slot.chunks[:1]), list[Chunk]()
    used = sum(_height(plain[chunk.first - 1 : chunk.last]) for chunk in shown)
    for chunk in slot.chunks[1:]:
        high = 1 + _height(plain[chunk.first - 1 : chunk.last])
        fits = used + high <= room + SLACK
        (shown if fits else folded).append(chunk)
        used += high if fits else 0
    return shown, folded


def _height(text: list[str]) -> int:
    """About how many lines these take where long ones wrap."""
    return sum(max(1, -(-len(line) // LETTERS)) for line in text)


def _pieces(chunks: list[Chunk], spec: tuple[CodeLine, ...], own: str) -> tuple[Piece, ...]:
    """Pieces of the spec under the names of their files; the network's own is named only after another."""
    found, file = list[Piece](), ""
    for chunk in chunks:
        new = "" if chunk.file == file else chunk.file or own
        found.append(Piece(spec[chunk.first - 1 : chunk.last], chunk.name, new))
        file = chunk.file
    return tuple(found)


@dataclass(frozen=True)
class _Panel:
    """An emitted file as a column in the layout of its framework."""

    source: Source
    layout: str
    ledger: Ledger

    def stretches(self, slots: list[PageSlot]) -> tuple[Stretch, ...]:
        notes = [self._note(*entry) for entry in zip(self.source.text.splitlines(), self.source.origins, strict=True)]
        lines = tuple(replace(line, note=note) for line, note in zip(_lines(self.source.text), notes, strict=True))
        return tuple(self.stretch(slot, (Piece(lines[slot.first - 1 : slot.last]),)) for slot in slots)

    def stretch(self, slot: PageSlot, pieces: tuple[Piece, ...], folded: tuple[Piece, ...] = ()) -> Stretch:
        instances = self.source.instances.get(slot.name, ())
        every = self.ledger.of(instances) if len(instances) > 1 else None
        kinds = tuple(self._kind(*entry) for entry in self.ledger.kinds(instances).items())
        return Stretch(slot, instances, kinds, every, pieces, folded)

    def _kind(self, figures: Figures, paths: tuple[str, ...]) -> Kind:
        return Kind(paths, figures, f"{self._text(figures.entering)} → {self._text(figures.leaving)}")

    def _note(self, text: str, paths: tuple[str, ...]) -> str:
        """The shape that a line of the forward pass returns; the number of parameters of what another line makes."""
        if not paths or text.startswith("class "):
            return ""
        figures = self.ledger.of(paths)
        if APPLIES.match(text):
            return self._text(figures.leaving)
        count = count_text(figures.parameters)
        return gettext("{count} params").format(count=count) if figures.parameters else ""

    def _text(self, shape: Shape | None) -> str:
        return nchw_text(shape) if self.layout == "NCHW" else nhwc_text(shape)


def _lines(text: str) -> tuple[CodeLine, ...]:
    """The lines of a file, whose indentation counts in steps of four."""
    plain = text.splitlines()
    depths = [(len(line) - len(line.lstrip())) // INDENT for line in plain]
    return tuple(
        CodeLine(n, html, depth) for n, (html, depth) in enumerate(zip(lines(text), depths, strict=True), start=1)
    )
