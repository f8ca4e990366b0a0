"""The architecture of a network as one page: blocks as units, what is inside them, shapes on the edges.

`units` reads a Net as units and edges, `inside` draws a block type in detail, `engine` asks Graphviz where things go,
`sheet` puts the parts on a page, `vector` and `raster` write it. Nothing heavy is imported before something is drawn.
Graphviz, which comes as a wheel, is given sizes and never text, so that a drawing is the same bytes whatever fonts are
installed.
"""

from __future__ import annotations

from .output import draw, svg

__all__ = ["draw", "svg"]
