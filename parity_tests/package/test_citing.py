"""What cards say of their sources and of images, in Chinese: every card whole, names as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from diptych.common import citing
from diptych.common.language import gettext, using
from diptych.common.registry import network, networks

CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")


def said(part: str) -> Iterator[tuple[str, str]]:
    """A part of every card, as it is written and as it is said."""
    for card in (network(name).card for name in networks()):
        if part == "read_from":
            yield card.read_from, citing.place(card.read_from)
        elif part == "preprocessing":
            yield from ((text, citing.expected(text)) for text in card.preprocessing.values())
        elif part == "what":
            yield from ((item.what, gettext(item.what)) for item in card.reported)
        elif part == "source":
            sources = [item.source for item in card.reported]
            sources += [item.source for item in (card.published, card.recipe) if item]
            yield from ((source, citing.cited(source)) for source in sources)
        else:
            yield from ((text, citing.counted(text)) for text in (card.reference, card.counts.source))


@pytest.mark.parametrize("part", ["read_from", "preprocessing", "what", "source", "reference"])
def test_every_card_is_said_in_chinese(part: str) -> None:
    assert [text for text, other in said(part) if text != other] == []
    with using("zh"):
        found = dict(said(part))
    english = re.compile(rf"\b(?:{citing.KINDS}|{citing.ABSTRACT})") if part == "source" else re.compile(citing.WORDS)
    assert [other for other in found.values() if english.search(other)] == []
    if part in ("read_from", "preprocessing", "what"):
        assert [text for text, other in found.items() if " " in text and not CHINESE.search(other)] == []


def test_words_around_a_name_leave_the_name() -> None:
    with using("zh"):
        for pattern in citing.AROUND:
            assert pattern.format(name="timm:net_a") != citing.counted(pattern.format(name="timm:net_a"))
            assert "timm:net_a" in citing.counted(pattern.format(name="timm:net_a"))
        assert citing.counted("timm:net_a") == "timm:net_a"


def test_numbers_of_places_and_settings_are_kept() -> None:
    numbers = re.compile(r"\d+(?:\.\d+)?|II\.B")
    for text, say in (
        ("table 7", citing.place),
        ("tables 2, 3 and 15", citing.place),
        ("section II.B, figure 2 and table 1", citing.place),
        ("Han, Li & Wu 2019, sections 4.3 to 4.5", citing.cited),
        ("Han et al. 2019, tables 2 and 3", citing.cited),
        ("RGB, /127.5, mean 0.5 0.5 0.4, resize 232, interpolation bicubic, crop_pct 0.9", citing.expected),
    ):
        with using("zh"):
            other = say(text)
        assert say(text) == text
        assert CHINESE.search(other)
        assert numbers.findall(other) == numbers.findall(text)
    with using("zh"):
        assert citing.cited("someone/repository, README") == "someone/repository, README"
