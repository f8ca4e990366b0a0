"""What a card says of its sources, in the language that is spoken; names of people, libraries and networks stay.

A text that says more than a name and a place, such as "table 1, as changed by the authors", is translated as a whole.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from .language import ENGLISH, gettext, marked, spoken

if TYPE_CHECKING:
    from .cards import Card
    from .spec import Net

NUMBER = r"[\dIVX]+(?:\.\w+)?"
NUMBERS = rf"{NUMBER}(?:(?:, | and | to ){NUMBER})*"
KINDS = "table|figure|section"
PLACE = rf"({KINDS})s? ({NUMBERS})"
"""Places in a paper of one kind; patterns are compiled where they are needed, which English is not."""
_ONE = rf"(?:{KINDS})s? {NUMBERS}"
_ALL = rf"{_ONE}(?:(?:, | and ){_ONE})*"
ABSTRACT = marked("abstract")
CITED = rf"(.*?), ({_ALL}|{ABSTRACT})"
PLACES = {"table": marked("table {number}"), "figure": marked("figure {number}"), "section": marked("section {number}")}
AROUND = (
    marked("counted from {name}"),
    marked("{name} after timm's reparameterize_model"),
    marked("{name}, run"),
)
"""What is said around the name of a public network."""
SETTINGS = {
    "mean": marked("mean {value}"), "std": marked("std {value}"), "resize": marked("resize {value}"),
    "crop": marked("crop {value}"), "interpolation": marked("interpolation {value}"), "input": marked("input {value}"),
}  # fmt: skip
FILTERS = marked("bilinear"), marked("bicubic")
SETTING = (
    rf"(?:{'|'.join((*SETTINGS, 'crop_pct', 'test_input_size'))})(?: [\d.]+)+|interpolation (?:{'|'.join(FILTERS)})"
    r"|RGB|BGR|/[\d.]+"
)
WORDS = r"[a-z]{2,},? [a-z]{2,},? [a-z]{2,}"
"""Three words in a row: a text, and not a name."""


def place(text: str) -> str:
    """Where something stands in a paper: tables, figures and sections, or a text."""
    if spoken() == ENGLISH or not numbered(text):
        return gettext(text)
    comma = gettext(", ")
    return comma.join(
        gettext(PLACES[kind]).format(number=re.sub(", | and ", comma, numbers).replace(" to ", "-"))
        for kind, numbers in re.findall(PLACE, text)
    )


def numbered(text: str) -> bool:
    """Whether a place is one of tables, figures and sections alone, which needs no translation of its own."""
    return bool(re.fullmatch(_ALL, text))


def cited(source: str) -> str:
    """Who said a figure and where, such as "He et al. 2015, table 1"."""
    found = None if spoken() == ENGLISH else re.fullmatch(CITED, source)
    return _clauses([found[1], place(found[2])]) if found else source


def expected(text: str) -> str:
    """What public weights expect of an image: settings, such as "resize 256, crop 224", or a text."""
    if spoken() == ENGLISH or not settings(text):
        return gettext(text)
    return _clauses(list(map(_setting, text.split(", "))))


def settings(text: str) -> bool:
    """Whether a preprocessing is nothing but settings, which needs no translation of its own."""
    return all(re.fullmatch(SETTING, part) for part in text.split(", "))


def _setting(part: str) -> str:
    name, _, value = part.partition(" ")
    return gettext(SETTINGS[name]).format(value=gettext(value)) if name in SETTINGS else part


def _clauses(parts: list[str]) -> str:
    return functools.reduce(lambda one, other: gettext("{one}, {other}").format(one=one, other=other), parts)


def counted(source: str) -> str:
    """The public network that one equals, or that was counted: a name, a name with words around it, or a text."""
    if spoken() == ENGLISH or whole(source):
        return gettext(source)
    pattern, name = _around(source)
    return gettext(pattern).format(name=name) if pattern else source


def whole(source: str) -> bool:
    """Whether such a source is translated as it is, being more than a name with the usual words around it."""
    return bool(re.search(WORDS, _around(source)[1]))


def _around(source: str) -> tuple[str, str]:
    """The usual words around a name ("" where there are none), and the name."""
    for pattern in AROUND:
        before, after = pattern.split("{name}")
        if source.startswith(before) and source.endswith(after):
            return pattern, source[len(before) : len(source) - len(after)]
    return "", source


def paper(card: Card) -> str:
    """The citation of a network's paper."""
    return ", ".join(filter(None, (f"{card.paper.authors} {card.paper.year}", card.paper.title, place(card.read_from))))


def paper_of(net: Net) -> str:
    """The same of a net; of one that says another paper than its name's card, as it says it."""
    from .registry import network, registered

    if spoken() == ENGLISH or not registered(net.name):
        return net.paper
    card = network(net.name, exact=True).card
    return paper(card) if card.citation() == net.paper else net.paper
