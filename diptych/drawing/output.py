"""Drawing a network to text or to a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..common.errors import DiptychError
from ..common.registry import spec
from ..common.spec import Net
from ..files.atomic import check_destination, replacing
from .raster import rasterise
from .sheet import sheet_of
from .vector import svg_text

SUFFIXES = (".svg", ".png")


def svg(net: Net | str, anchor: Callable[[str], str] | None = None) -> str:
    """The architecture of a network as an svg element for a web page, in the colour of the text around it.

    `anchor` says which part of that page the path of a block or node leads to ("" for none). Raises DiptychError where
    pygraphviz is not installed.
    """
    net = spec(net) if isinstance(net, str) else net
    return svg_text(sheet_of(net), net.title, anchor=anchor)


def draw(net: Net | str, path: str | Path, *, force: bool = False) -> Path:
    """Draw the architecture of a network on one page, as .svg or .png, and return the path.

    Raises DiptychError for another suffix and where pygraphviz (for a .png resvg_py, too) is not installed, FileError
    where the file cannot be written, or is there already without `force`.
    """
    target = Path(path)
    if target.suffix.lower() not in SUFFIXES:
        raise DiptychError(f"cannot draw to {target}: the name must end in {' or '.join(SUFFIXES)}")
    check_destination(target, force=force)
    net = spec(net) if isinstance(net, str) else net
    text = svg_text(sheet_of(net), net.title, paper=True)
    content = text.encode() if target.suffix.lower() == ".svg" else rasterise(text)
    with replacing(target, force=force) as temporary:
        temporary.write_bytes(content)
    return target
