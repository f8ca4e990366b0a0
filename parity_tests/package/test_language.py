"""Every text has its translation, whole and in the glossary's terms; English is what stands in the code."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter

import pytest
from babel.messages.catalog import Message as Entry
from translation import catalogues, texts

from diptych.common.errors import DiptychError
from diptych.common.language import gettext, local, message, ngettext, spoken, using

PLACES = re.compile(r"%\(\w+\)s|\{\w*(?:[.\[][^{}:!]*)?(?:![rsa])?(?::[^{}]*)?\}|</?\w+[^<>]*>|`[^`]+`")
"""What a translation keeps as it is: placeholders, HTML, code."""


def entries() -> list[tuple[str, Entry]]:
    return [(name, entry) for name, catalogue in catalogues().items() for entry in catalogue if entry.id]


def ids(entry: Entry) -> tuple[str, ...]:
    return entry.id if isinstance(entry.id, tuple) else (entry.id,)


def strings(entry: Entry) -> tuple[str, ...]:
    return entry.string if isinstance(entry.string, tuple) else (entry.string,)


def test_no_text_lacks_its_translation() -> None:
    """For each that is named: put it into a .po file beside diptych.mo, then `make write ONLY=locale`."""
    have = {ids(entry)[0]: ids(entry)[1:] for _, entry in entries()}
    lacking = [f"{text.where}: {text.one}" for text in texts().values() if text.one not in have]
    assert lacking == []
    assert [text.where for text in texts().values() if text.many and have[text.one] != (text.many,)] == []


def test_no_translation_is_empty_fuzzy_or_left_over() -> None:
    found = [f"{name}: {ids(entry)[0]}" for name, entry in entries() if not all(strings(entry)) or entry.fuzzy]
    assert found == []
    assert [f"{name}: {ids(entry)[0]}" for name, entry in entries() if ids(entry)[0] not in texts()] == []
    assert [f"{name}: {key}" for name, catalogue in catalogues().items() for key in catalogue.obsolete] == []


def test_a_text_stands_in_one_file() -> None:
    counts = Counter(ids(entry)[0] for _, entry in entries())
    assert [text for text, count in counts.items() if count > 1] == []


def test_placeholders_markup_and_code_are_the_same_on_both_sides() -> None:
    for name, entry in entries():
        wanted = Counter(PLACES.findall(ids(entry)[-1]))
        for text in strings(entry):
            assert Counter(PLACES.findall(text)) == wanted, (name, ids(entry)[0])


def test_the_test_sees_what_it_is_for() -> None:
    assert PLACES.findall("a %(b)s {c!r} {d:,} <b class=x>`e f`</b>") == [
        "%(b)s", "{c!r}", "{d:,}", "<b class=x>", "`e f`", "</b>",
    ]  # fmt: skip
    assert len(texts()) > 250
    assert any(text.where.startswith("diptych/page/script.js") for text in texts().values())
    assert any(text.where.startswith("diptych/site/base.html.j2") for text in texts().values())
    assert any(text.where.startswith("diptych/page/costs.py") for text in texts().values())


def test_a_language_is_spoken_for_a_while() -> None:
    assert (gettext("stride"), gettext("Stride"), spoken()) == ("stride", "Stride", "en")
    with using("zh"):
        assert (gettext("a text that nobody wrote"), gettext("Stride"), gettext("")) == (
            "a text that nobody wrote",
            "步幅",
            "",
        )
        assert ngettext("%(count)s place", "%(count)s places", 1) == "%(count)s 处"
    assert ngettext("%(count)s place", "%(count)s places", 2) == "%(count)s places"


def test_an_error_is_english_as_an_object_and_spoken_where_it_is_shown() -> None:
    error = DiptychError(message("Network %(n)s", n=3))
    with using("zh"):
        assert str(error) == "Network %(n)s"
        assert local(error) == "网络 %(n)s"
        assert local(DiptychError("plain {braces}")) == "plain {braces}"


@pytest.mark.parametrize("module", ["gettext", "babel"])
def test_english_reads_no_catalogue(module: str) -> None:
    code = (
        f"import sys; from diptych.common import language; language.gettext('a'); assert {module!r} not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
