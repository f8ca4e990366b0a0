"""Every text has its translation, whole and in the glossary's terms; English is what stands in the code."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from babel.messages.catalog import Message as Entry
from translation import catalogues, texts

from diptych.common.errors import DiptychError
from diptych.common.language import gettext, local, message, ngettext, spoken, using

PLACES = re.compile(r"%\(\w+\)s|\{\w*(?:[.\[][^{}:!]*)?(?:![rsa])?(?::[^{}]*)?\}|</?\w+[^<>]*>|`[^`]+`")
"""What a translation keeps as it is: placeholders, HTML, code."""


PLACE = "%(section)s, %(count)s place"


def entries() -> list[tuple[str, Entry]]:
    return [(name, entry) for name, catalogue in catalogues().items() for entry in catalogue if entry.id]


def ids(entry: Entry) -> tuple[str, ...]:
    return (entry.id,) if isinstance(entry.id, str) else tuple(entry.id)


def strings(entry: Entry) -> tuple[str, ...]:
    return (entry.string,) if isinstance(entry.string, str) else tuple(entry.string or ("",))


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
        assert ngettext(PLACE, f"{PLACE}s", 1) == "%(section)s，%(count)s 处"
    assert ngettext(PLACE, f"{PLACE}s", 2) == f"{PLACE}s"


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


ROOT = Path(__file__).parents[2]
KEPT = (
    "weight, bias, running_mean",  # each is a name in code
    "alpha / n, and bias = k",
    "depth_radius 5, bias 1",
    "With channels last the same order is a reshape to (..., anchors,",
    "YOLOv3, as most Keras ports have it, has anchor * exp(t)",
)
"""Texts in which a term is a name in code, which stays."""
CODE = re.compile(r"`[^`]*`|%\(\w+\)s|\{[^}]*\}|<code>.*?</code>|<[^>]*>|\"[^\"]*\"")


def glossary() -> dict[str, tuple[str, ...]]:
    """English term -> how it may be said."""
    text = (ROOT / "docs" / "zh" / "glossary.md").read_text("utf-8")
    rows = re.findall(r"^\| ([\w ]+) \| (\w+) \| (.*?) ?\|$", text, re.MULTILINE)
    return {
        english: (own, *(form.partition("（")[0] for form in others.split("、") if form))
        for english, own, others in rows
        if english.isascii()
    }


def unsaid(english: str, chinese: str) -> list[str]:
    """The terms of the glossary that stand in an English text and are not said in the Chinese one."""
    plain = CODE.sub(" ", english)
    return [
        term
        for term, forms in glossary().items()
        if re.search(rf"(?<![\w.='/*_-]){term}(?:s|es)?(?![\w.=('/*_-])", plain)
        and not any(form in chinese for form in forms)
    ]


def test_translations_say_what_the_glossary_says() -> None:
    assert len(glossary()) > 50
    found = [
        (name, unsaid(ids(entry)[0], text), ids(entry)[0], text)
        for name, entry in entries()
        for text in strings(entry)
        if not ids(entry)[0].startswith(KEPT)
    ]
    assert [item for item in found if item[1]] == []
    assert all(any(ids(entry)[0].startswith(text) for _, entry in entries()) for text in KEPT)


def test_the_glossary_sees_a_term_that_is_said_otherwise() -> None:
    assert unsaid("A convolution of stride 2", "步长为 2 的卷积") == ["stride"]
    assert unsaid("Two strides, `stride=2`", "两个步幅，`stride=2`") == []
    assert unsaid("Conv2d(stride=2)", "Conv2d(stride=2)") == []


@pytest.mark.parametrize("name", ["traps.po", "cards.po"])
def test_names_and_numbers_are_kept(name: str) -> None:
    names = re.compile(r"[A-Za-z]\w*(?:[._]\w+)+|\w+=[\w']+|\d+(?:\.\d+)?(?:e-?\d+)?")
    for entry in catalogues()[name]:
        for text in strings(entry) if entry.id else ():
            assert set(names.findall(ids(entry)[0])) <= set(names.findall(text)), ids(entry)[0]


@pytest.mark.parametrize("page", ["README", *sorted(path.stem for path in (ROOT / "docs" / "zh").glob("*.md"))])
def test_commands_of_chinese_pages_are_those_of_the_english_ones(page: str) -> None:
    """But for their comments, and for pages that are Chinese alone, whose commands all name a command."""
    own, other = ROOT / "docs" / "zh" / f"{page}.md", ROOT / "docs" / f"{page}.md"
    if page == "README":
        own, other = ROOT / "README.zh.md", ROOT / "README.md"
    lines = commands(own.read_text("utf-8"))
    if other.exists():
        assert lines <= commands(other.read_text("utf-8"))
        assert lines or not commands(other.read_text("utf-8")) or page in ("demo", "gates")
    else:
        import typer

        from diptych.commands.cli import app

        known = {*typer.main.get_command(app).commands, "--lang"}  # type: ignore[attr-defined]
        assert {line.split()[1] for line in lines if line.startswith("diptych ")} <= known


def commands(text: str) -> set[str]:
    """The lines of a page's shell blocks, without comments."""
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    return {line.partition(" #")[0].strip() for block in blocks for line in block.splitlines() if line.strip()}


TWINS = [path.stem for path in (ROOT / "docs" / "zh").glob("*.md") if (ROOT / "docs" / path.name).exists()]


@pytest.mark.parametrize("page", ["README", *sorted(TWINS)])
def test_no_figure_of_a_chinese_page_is_one_that_the_english_page_has_not(page: str) -> None:
    own, other = ROOT / "docs" / "zh" / f"{page}.md", ROOT / "docs" / f"{page}.md"
    if page == "README":
        own, other = ROOT / "README.zh.md", ROOT / "README.md"
    figures = re.compile(r"\d+(?:[.,]\d+)*(?:e-?\d+)?")
    assert set(figures.findall(own.read_text("utf-8"))) <= set(figures.findall(other.read_text("utf-8")))


@pytest.mark.parametrize("page", sorted(TWINS))
def test_a_chinese_page_has_the_sections_of_the_english_one(page: str) -> None:
    own, other = (ROOT / "docs" / "zh" / f"{page}.md"), (ROOT / "docs" / f"{page}.md")
    assert depths(own.read_text("utf-8")) == depths(other.read_text("utf-8"))


@pytest.mark.parametrize("page", sorted(TWINS))
def test_a_chinese_page_prints_what_the_english_one_prints(page: str) -> None:
    """Reports are English in both, and those of the English page are made anew by a test."""
    own, other = ((ROOT / folder / f"{page}.md").read_text("utf-8") for folder in ("docs/zh", "docs"))
    assert [
        block for block in re.findall(r"^```text\n.*?^```", own, re.DOTALL | re.MULTILINE) if block not in other
    ] == []


def depths(text: str) -> list[str]:
    """The headings of a page, by how deep they are."""
    return re.findall(r"^(##+) ", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE), re.MULTILINE)
