"""The docs as pages: Markdown to HTML, with links that lead to the site's own pages."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Any

from markupsafe import escape

from ..common.language import ENGLISH, gettext, spoken

FOLDER = Path(__file__).parents[2] / "docs"
"""The docs of a checkout; an installed package has none."""


def pages(language: str = ENGLISH) -> dict[str, Path]:
    """The docs by name in a language; none where diptych was installed without them."""
    folder = FOLDER if language == ENGLISH else FOLDER / language
    return {path.stem: path for path in sorted(folder.glob("*.md"))}


def whole(name: str, names: Collection[str]) -> str:
    """The page that a page is a part of, as `dissected_lenet5` is of `dissected`; itself where it is none's."""
    above = name.partition("_")[0]
    return above if above in names else name


def title(text: str) -> str:
    """The first heading of a page."""
    found = re.search(r"^# (.+)$", text, re.MULTILINE)
    return found[1].strip() if found else ""


def html(text: str) -> str:
    """A page of the docs as HTML, headings with an id each, wide tables in a box that scrolls."""
    joined = re.sub(r"(?<=[\u3000-\uffef])\n(?=[\u3000-\uffef])", "", text)  # Chinese has no space at the end of a line
    made = _markdown().render(joined)
    made = re.sub(r'href="(\./|\.\./|zh/)?([\w-]+)\.md(#[^"]*)?"', _page, made)
    made = re.sub(
        r'<a href="(?!https?:|#|[\w-]+\.html|\.\./\.\./docs/)[^"]*">(.*?)</a>', r"\1", made
    )  # the project's files are elsewhere
    made = re.sub(r"<h([23])>(.*?)</h\1>", lambda m: f'<h{m[1]} id="{_anchor(m[2])}">{m[2]}</h{m[1]}>', made)
    made = re.sub(r"<code>(\w+)</code>", _trap, made)
    made = made.replace("<pre>", '<pre tabindex="0">')  # a long line scrolls, with the keyboard too
    return made.replace("<table>", '<div class="wide" tabindex="0"><table>').replace("</table>", "</table></div>")


def _page(found: re.Match[str]) -> str:
    """The link to a page of the docs; one that leaves a folder for a page that stands in both means the English one."""
    up, name, place = found[1], found[2], found[3] or ""
    if up == "../" and spoken() != ENGLISH and name in pages(spoken()):
        return f'href="../../docs/{name}.html{place}" hreflang="{ENGLISH}"'
    return f'href="{name}.html{place}"'


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


def _trap(found: re.Match[str]) -> str:
    """The id of a trap as a link to it; other code as it is."""
    from ..traps.known import known

    return f'<a href="../traps.html#{found[1]}">{found[0]}</a>' if found[1] in known() else found[0]


def _coloured(code: str, language: str, _: str) -> str:
    """Python in colours, and the lines of a diff; other code as it is."""
    from ..page.highlight import lines

    if language == "python":
        return "\n".join(map(str, lines(code)))
    return "\n".join(map(_changed, code.splitlines())) if language == "diff" else ""


def _changed(line: str) -> str:
    """A line of a diff."""
    kind = {"-": "del", "+": "ins"}.get(line[:1])
    return f"<{kind}>{escape(line)}</{kind}>" if kind else str(escape(line))
