"""The page: one file of HTML with everything in it, which loads nothing."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from markupsafe import Markup

from ..checking.last_check import Recorded
from ..common.emission.source import Source
from ..common.spec import Net
from .alignment import PageSlot, anchors, links, slots
from .columns import Column, columns
from .costs import costs, reach
from .environment import script_words
from .figures import Ledger, count_text, nchw_text, nhwc_text, range_text
from .formulas import formulas
from .paper import paper_part, registered_as
from .sections import architecture, check_table, traps
from .zoo import Zoo, zoo_source

FOLDER = files(__package__)


def study_page(
    net: Net,
    torch: Source,
    tf: Source,
    recorded: Recorded | None = None,
    standing: str = "",
    maps: Markup | None = None,
) -> str:
    """A network's page as HTML text: its two emitted sources, its spec, and what is known of their differences.

    `standing` is what is said of its measured differences where no check is recorded; `maps` are its feature maps of a
    photograph.
    """
    from .. import __version__

    zoo, ledger = zoo_source(net), Ledger(net)
    stretches, lines = slots(net, (torch, tf), zoo), links(net, torch, zoo)
    shown = columns(stretches, (torch, tf), zoo, ledger)
    item, anchor = registered_as(net), anchors(torch)
    page: str = _template().render(
        net=net, version=__version__, options=dict(net.options), css=_css(maps is not None), script=_text("script.js"),
        columns=shown, rows=_rows(stretches), data=_data(net, torch, zoo, shown, ledger, lines),
        diagram=architecture(net, anchor), traps=traps(net), measured=check_table(recorded), standing=standing,
        paper=paper_part(net, item), formulas=formulas(net, item), anchor=anchor, costs=costs(net), reach=reach(net),
        maps=maps, nchw=nchw_text, nhwc=nhwc_text, short=count_text, between=range_text,
    )  # fmt: skip
    return page


def _rows(stretches: list[PageSlot]) -> str:
    """The rows of the grid: a strip, the lines, and a last row per slot that alone grows where the spec is longer."""
    # Rows that may not grow beyond their own lines leave what a longer neighbour needs to the one that may.
    return " ".join(f"auto repeat({slot.rows},minmax(min-content,0px)) auto" for slot in stretches)


def _data(
    net: Net, source: Source, zoo: Zoo, shown: tuple[Column, ...], ledger: Ledger, lines: dict[int, tuple[int, ...]]
) -> Markup:
    """What the script knows of the lines: [paths, lines of the spec, NCHW, NHWC, parameters, MACs] by number."""
    known: dict[int, list[Any]] = {}
    for number, paths in enumerate(source.origins, start=1):
        if paths or number in lines:
            figures = ledger.of(paths)
            shapes = [nchw_text(figures.leaving), nhwc_text(figures.leaving)]
            named = [path or net.title for path in _outermost(paths)]
            known[number] = [named, lines.get(number, ()), *shapes, figures.parameters, figures.macs]
    names = {column.key: column.file for column in shown}
    data = {"lines": known, "zoo": zoo.text, "files": names, "words": script_words(_text("script.js"))}
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    # Inside a script element only these could end it; JSON reads them back from their escapes.
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S704


def _outermost(paths: tuple[str, ...]) -> list[str]:
    return [path for path in paths if not any(path.startswith(f"{other}.") for other in paths if other)]


def _css(maps: bool) -> Markup:
    """The colours of all of diptych's pages, and what this one has more."""
    return _text("palette.css") + _text("style.css") + (_text("maps.css") if maps else "")


def _text(name: str) -> Markup:
    return Markup((FOLDER / name).read_text(encoding="utf-8"))  # noqa: S704 - the package's own file


@cache
def _template() -> Any:
    from .environment import environment

    # Autoescaping is on for every value; what is already HTML is Markup.
    made = environment(lstrip_blocks=True)
    return made.from_string((FOLDER / "template.html.j2").read_text(encoding="utf-8"))
