"""Darknet's `.cfg` as data: sections of keys and values, bounded, and nothing in it has a meaning yet."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ...common.errors import FileError
from ..kinds import read_small

LONGEST, LINE, SECTIONS = 1 << 18, 4096, 2000
"""Bytes of a file, characters of a line, and sections, at most; the longest of Darknet's own has 300 sections."""
NET = -1
"""The number of [net]; the section behind it is 0."""
WHOLE = re.compile(r"[+-]?\d{1,9}")
REAL = re.compile(r"[+-]?(\d{1,12}\.?\d{0,12}|\.\d{1,12})([eE][+-]?\d{1,2})?")
SHORT = {"network": "net", "conv": "convolutional", "max": "maxpool", "avg": "avgpool", "soft": "softmax"}
"""The other names that Darknet takes for a section."""


@dataclass(frozen=True)
class Section:
    """One section: its number, its name, its keys and values as texts without blanks, and the file it stands in."""

    path: Path
    number: int
    kind: str
    values: Mapping[str, str]

    @property
    def place(self) -> str:
        """Which section it is, in words."""
        return "[net]" if self.number == NET else f"section {self.number} [{self.kind}]"

    def fault(self, key: str, expected: str) -> FileError:
        """The error for a value that has no meaning."""
        got = repr(self.values[key]) if key in self.values else "missing"
        return FileError(f"{self.path}: {self.place}: {key} is {got}, expected {expected}")

    def whole(self, key: str, standard: int | None, least: int, most: int) -> int:
        """A whole number within bounds, the standard one where the key is not there; raises FileError for others."""
        text = self.values.get(key, "" if standard is None else str(standard))
        if not WHOLE.fullmatch(text) or not least <= int(text) <= most:
            raise self.fault(key, f"a whole number from {least} to {most}")
        return int(text)

    def wholes(self, key: str, most: int) -> list[int]:
        """A list of whole numbers, at most so many."""
        texts = self.values.get(key, "").split(",")
        if len(texts) > most or not all(WHOLE.fullmatch(text) for text in texts):
            raise self.fault(key, f"up to {most} whole numbers with commas between")
        return [int(text) for text in texts]

    def reals(self, key: str, most: int, standard: str = "") -> list[float]:
        """A list of numbers above 0, at most so many."""
        texts = self.values.get(key, standard).split(",")
        found = [float(text) for text in texts if REAL.fullmatch(text)]
        if len(texts) > most or len(found) != len(texts) or not all(0 < x < 1e6 and math.isfinite(x) for x in found):
            raise self.fault(key, f"up to {most} numbers above 0 with commas between")
        return found


def parsed(path: Path) -> tuple[Section, ...]:
    """The sections of a file, [net] first; raises FileError for what is no text of sections, keys and values."""
    data = read_small(path, LONGEST, "a .cfg of Darknet's")
    try:
        lines = data.decode("utf-8").splitlines()
    except UnicodeDecodeError:
        raise FileError(f"{path} is no text, expected a .cfg of Darknet's") from None
    found: list[tuple[str, dict[str, str]]] = []
    for number, line in enumerate(lines, start=1):
        text = "".join(line.split())  # Darknet takes out the blanks in a line, too
        where = f"{path}, line {number}"
        if len(line) > LINE or "\0" in line:
            raise FileError(f"{where} is no line of text, expected [section], key=value, or # and a comment")
        if text[:1] in ("", "#", ";"):
            continue
        if text.startswith("["):
            _open(text, found, where)
        else:
            _add(text, found, where)
    if not found:
        raise FileError(f"{path} has no sections, expected a .cfg of Darknet's, which begins with [net]")
    return tuple(Section(path, index - 1, kind, values) for index, (kind, values) in enumerate(found))


def _open(text: str, found: list[tuple[str, dict[str, str]]], where: str) -> None:
    """Begin a section; raises FileError for a name that is none, one too many, and where [net] is not first."""
    name = re.fullmatch(r"\[([A-Za-z0-9_]{1,40})\]", text)
    if not name or len(found) >= SECTIONS:
        raise FileError(f"{where} is {text[:60]!r}, expected the name of a section, of {SECTIONS} at most")
    kind = SHORT.get(name[1], name[1])
    if (kind == "net") != (not found):
        raise FileError(f"{where} is {text}, expected [net] as the first section, and there alone")
    found.append((kind, {}))


def _add(text: str, found: list[tuple[str, dict[str, str]]], where: str) -> None:
    """Take a key and its value; raises FileError for a line of another form, and for a second value of a key."""
    key, equals, value = text.partition("=")
    if not (re.fullmatch(r"\w{1,60}", key) and equals and value):
        raise FileError(f"{where} is {text[:60]!r}, expected key=value")
    if not found:
        raise FileError(f"{where}: {key} stands before the first section, expected [net]")
    before = found[-1][1].setdefault(key, value)
    if before != value:
        raise FileError(
            f"{where}: {key} is {value[:60]!r}, after {before[:60]!r} in the same section; keep one of them"
        )
