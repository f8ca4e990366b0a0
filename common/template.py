"""One side of a rule of names: text with fields, read and written."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FIELD = re.compile(r"\{(\w+?)([+-]\d+)?(:a)?\}|\*")


@dataclass(frozen=True)
class Template:
    """One side of a rule: text with fields, `{b}` a number, `{b+1}` one more, `{b:a}` its letter, `*` any text."""

    text: str

    @functools.cached_property
    def plain(self) -> bool:
        """Whether it has no fields."""
        return FIELD.search(self.text) is None

    @functools.cached_property
    def _pattern(self) -> re.Pattern[str]:
        parts, place = list[str](), 0
        for found in FIELD.finditer(self.text):
            shape = "(.+)" if found[0] == "*" else "([a-z])" if found[3] else r"(0|[1-9]\d*)"
            parts += [re.escape(self.text[place : found.start()]), shape]
            place = found.end()
        return re.compile("".join([*parts, re.escape(self.text[place:])]))

    def read(self, name: str) -> dict[str, Any] | None:
        """The values of the fields in a name, or None where it does not fit."""
        if self.plain:
            return {} if name == self.text else None
        found = self._pattern.fullmatch(name)
        if not found:
            return None
        values: dict[str, Any] = {}
        for place, text in zip(FIELD.finditer(self.text), found.groups(), strict=True):
            key, value = _value(place, text)
            if values.setdefault(key, value) != value or (isinstance(value, int) and value < 0):
                return None
        return values

    def write(self, values: Mapping[str, Any]) -> str | None:
        """The name with these values, or None where one of them has no place here."""
        texts = [_text(place, values) for place in FIELD.finditer(self.text)]
        if None in texts:
            return None
        left = iter(texts)
        return FIELD.sub(lambda _: str(next(left)), self.text)


def _value(place: re.Match[str], text: str) -> tuple[str, Any]:
    if place[0] == "*":
        return "*", text
    return place[1], (ord(text) - ord("a") if place[3] else int(text)) - int(place[2] or 0)


def _text(place: re.Match[str], values: Mapping[str, Any]) -> str | None:
    if place[0] == "*":
        return str(values["*"])
    number = values[place[1]] + int(place[2] or 0)
    if number < 0 or (place[3] and number > 25):
        return None
    return chr(ord("a") + number) if place[3] else str(number)
