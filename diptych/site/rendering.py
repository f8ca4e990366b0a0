"""What the pages of the site have in common: tabs, the line above a network, the way to the other language."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from ..common.language import LANGUAGES, gettext, marked, spoken
from ..common.registry import network
from . import data, prose

TABS = (
    ("index.html", marked("Networks")),
    ("families.html", marked("Families")),
    ("plot.html", marked("Plot")),
    ("compare.html", marked("Compare")),
    ("traps.html", marked("Traps")),
    ("arithmetic.html", marked("Arithmetic")),
    ("docs/study.html", marked("Docs")),
)
HEAD = (
    '<nav aria-label="{site}"><p class="x"><a href="../index.html">{every}</a> &middot; '
    '<a href="../families.html#{family}">{title}</a> &middot; <a href="../compare.html#{name}">{compare}</a>{arxiv} '
    '&middot; <a href="{other}" hreflang={others} lang={others} data-language={others}>{language}</a></p>{ideas}</nav>'
    "<script>window.DIPTYCH_WORDS = {{}};\n{words}</script>"
)

SCRIPTS = ("site.js", "arithmetic.js", "plot.js")
FOLDERS = {"en": "", "zh": "zh/"}
"""Where the pages of each language stand: a whole site each, with its own copies of the small files."""


def rendered(name: str, own: dict[str, Any], root: str = "") -> str:
    """A template with what all pages have; `page` in `own` is its path in the other language too."""
    from .. import __version__
    from ..page.figures import count_text

    here = "docs/study.html" if name == "docs.html" else name
    tabs = [tab for tab in TABS if prose.pages() or not tab[0].startswith("docs/")]
    others, other = _other(own.get("page", name))
    common = {"tabs": tabs, "here": here, "root": root, "version": __version__, "short": count_text, "data": False}
    common |= {"others": others, "other": other, "languages": LANGUAGES}
    text: str = _environment().get_template(f"{name}.j2").render({**common, "script": "", **own})
    return text


@cache
def _environment() -> Any:
    from jinja2 import PackageLoader

    from ..page.environment import environment

    return environment(loader=PackageLoader(__package__.partition(".")[0], "site"))


def markup(text: str) -> Any:
    """A text that is HTML already."""
    from markupsafe import Markup

    return Markup(text)  # noqa: S704 - made here of escaped parts, or of the project's own docs


def page_of(name: str) -> str:
    """Where the page of a network stands, in the folder of a language."""
    return f"networks/{name}.html"


def head(name: str, arxiv: str) -> str:
    """The line of a network's page that leads back, with what its family took over."""
    family = network(name).family
    paper = f' &middot; <a href="{data.ARXIV}{arxiv}">arXiv:{arxiv}</a>' if arxiv else ""
    others, other = _other(page_of(name))
    return HEAD.format(
        site=gettext("Site"), ideas=data.taken(family),
        family=family, title=data.titles()[family], name=name, arxiv=paper, every=gettext("All networks"),
        compare=gettext("Compare"), other=other, others=others, language=LANGUAGES[others], words=file_text("words.js"),
    )  # fmt: skip


def _other(page: str) -> tuple[str, str]:
    """The other language, and the way to a page in it from the same page in the language that is spoken."""
    others = next(name for name in FOLDERS if name != spoken())
    up = "../" * (page.count("/") + bool(FOLDERS[spoken()]))
    return others, f"{up}{FOLDERS[others]}{page}"


@cache
def file_text(name: str) -> str:
    """A file of this folder."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
