"""The docs as pages: Markdown to HTML, with links that lead to the site's own pages."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from ..common.language import ENGLISH, gettext

FOLDER = Path(__file__).parents[2] / "docs"
"""The docs of a checkout; an installed package has none."""


def pages(language: str = ENGLISH) -> dict[str, Path]:
    """The docs by name in a language; none where diptych was installed without them."""
    folder = FOLDER if language == ENGLISH else FOLDER / language
    return {path.stem: path for path in sorted(folder.glob("*.md"))}


def title(text: str) -> str:
    """The first heading of a page."""
    found = re.search(r"^# (.+)$", text, re.MULTILINE)
    return found[1].strip() if found else ""


def html(text: str) -> str:
    """A page of the docs as HTML, headings with an id each, wide tables in a box that scrolls."""
    joined = re.sub(r"(?<=[\u3000-\uffef])\n(?=[\u3000-\uffef])", "", text)  # Chinese has no space at the end of a line
    made = _markdown().render(joined)
    made = re.sub(r'href="(?:\./|\.\./|zh/)?([\w-]+)\.md(#[^"]*)?"', lambda m: f'href="{m[1]}.html{m[2] or ""}"', made)
    made = re.sub(
        r'<a href="(?!https?:|#|[\w-]+\.html)[^"]*">(.*?)</a>', r"\1", made
    )  # the project's files are elsewhere
    made = re.sub(r"<h([23])>(.*?)</h\1>", lambda m: f'<h{m[1]} id="{_anchor(m[2])}">{m[2]}</h{m[1]}>', made)
    return made.replace("<table>", '<div class="wide"><table>').replace("</table>", "</table></div>")


@cache
def _measured() -> dict[str, list[str]]:
    """The rows of docs/checks.md by network."""
    page = FOLDER / "checks.md"
    rows = re.findall(
        r"^\| `([^`]+)` \|(.*)\|$", page.read_text(encoding="utf-8") if page.exists() else "", re.MULTILINE
    )
    return {name: [cell.strip() for cell in cells.split("|")] for name, cells in rows}


def standing(name: str) -> str:
    """What docs/checks.md says that the checks of a network measured, "" where it has no row of it."""
    if (row := _measured().get(name)) is None:
        return ""
    _, sizes, forward, gradients, training, narrow, *_ = row
    found = [
        (gettext("outputs"), forward),
        (gettext("gradients"), gradients),
        (gettext("a step of training"), training),
    ]
    wide = ", ".join(f"{what} {value}" for what, value in found if value != "-")
    return gettext(
        "The run over all networks measured, at {sizes}, in float64: {wide}; outputs in float32: {narrow}."
    ).format(sizes=sizes, wide=wide, narrow=narrow)


def pictures(text: str) -> list[str]:
    """The pictures of a page, as paths beside it."""
    return [path for path in re.findall(r"!\[[^\]]*\]\(([^)\s]+)\)", text) if "://" not in path]


def _anchor(words: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", re.sub(r"<[^>]*>", "", words).lower()).strip("-")


@cache
def _markdown() -> Any:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": True, "highlight": _coloured}).enable(["table", "strikethrough"])


def _coloured(code: str, language: str, _: str) -> str:
    """Python in colours; other code as it is."""
    from ..page.highlight import lines

    return "\n".join(map(str, lines(code))) if language == "python" else ""
