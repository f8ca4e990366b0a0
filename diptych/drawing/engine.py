"""Where the boxes of a diagram go: Graphviz, from the wheel of pygraphviz, which brings its own libraries."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from ..common.errors import DiptychError
from .boxes import LEADING, SIZES, Diagram, width_of

INCH = 72.0
LABEL = (
    '<<TABLE BORDER="0" CELLPADDING="0" CELLSPACING="0" FIXEDSIZE="TRUE" WIDTH="{}" HEIGHT="{}">'
    "<TR><TD></TD></TR></TABLE>>"
)
"""Room for the words of a link. Graphviz measures no text, so that a layout does not depend on the fonts installed."""
Point = tuple[float, float]


@dataclass(frozen=True)
class Layout:
    """A diagram with the top left corner of each box, the Bezier points of each link and the middle of its words."""

    diagram: Diagram
    corners: tuple[Point, ...]
    paths: tuple[tuple[Point, ...], ...]
    middles: tuple[Point | None, ...]
    width: float
    height: float


def lay_out(diagram: Diagram) -> Layout:
    """Place the boxes and links of a diagram, from the top down; raises DiptychError without pygraphviz."""
    found = json.loads(_graph(diagram).draw(format="json0", prog="dot"))
    _, _, width, height = map(float, found["bb"].split(","))
    spots = {int(item["name"]): _point(item["pos"], height) for item in found["objects"]}
    corners = [(spots[i][0] - box.width / 2, spots[i][1] - box.height / 2) for i, box in enumerate(diagram.boxes)]
    edges = sorted(found.get("edges", []), key=lambda edge: int(edge["id"]))
    paths = tuple(_path(edge["pos"], height) for edge in edges)
    middles = tuple(_point(edge["lp"], height) if "lp" in edge else None for edge in edges)
    return Layout(diagram, tuple(corners), paths, middles, width, height)


def _graph(diagram: Diagram) -> Any:
    try:
        engine = import_module("pygraphviz")
    except ImportError as error:
        raise DiptychError(
            f"drawing needs pygraphviz, which brings Graphviz, and resvg_py: pip install 'diptych[draw]' ({error})"
        ) from None
    graph = engine.AGraph(directed=True, strict=False, ranksep="0.22", nodesep="0.14", ordering="out")
    graph.node_attr.update(shape="box", fixedsize="true", label="")
    graph.edge_attr.update(arrowsize="0.5")
    for index, box in enumerate(diagram.boxes):
        graph.add_node(index, width=f"{box.width / INCH:.4f}", height=f"{box.height / INCH:.4f}")
    for index, link in enumerate(diagram.links):
        room = round(width_of(link.words, "small") + 8), round(SIZES["small"] * LEADING)
        label = LABEL.format(*room) if link.words else ""
        weight = 1 if link.dashed else 8
        graph.add_edge(link.source, link.target, key=index, id=index, label=label, weight=weight)
    return graph


def _path(words: str, height: float) -> tuple[Point, ...]:
    """The points of an edge: a start, then three for each Bezier curve, then the tip of the arrow."""
    tip, *points = words.removeprefix("e,").split(" ")
    return (*(_point(point, height) for point in points), _point(tip, height))


def _point(words: str, height: float) -> Point:
    """A point in Graphviz's terms, whose y points up."""
    x, y = map(float, words.split(","))
    return x, height - y
