"""From a detector's raw maps to boxes and scores in ONNX operators; what they mean is `common.detection.decode`.

A rule is one function: it adds its operators, and answers with the names of the boxes (N, M, 4) and of the scores
(N, M, classes), their number M and the number of classes. What depends on the place of a cell is a constant, so that
a graph with boxes is one for a single input size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from ..common.detection.checks import require_cells, require_levels, require_pairs
from ..common.detection.detector import Detector, Level
from ..common.errors import DiptychError
from ..common.onnx_graph import Operators
from ..common.spec import Array

Shape = tuple[int, ...]
Decoded = tuple[str, str, int, int]
Geometry = Callable[[Operators, str, str, Level, Array], tuple[str, str]]
"""(x, y) and (w, h) of rows -> their centres, in cells from the cell's corner, and their sizes in pixels."""


def decode(g: Operators, maps: Sequence[str], shapes: Sequence[Shape], detector: Detector) -> Decoded:
    """Add what decodes raw maps of these shapes (channels, H, W), in the order of `common.detection.decode`.

    Raises DiptychError for a rule that has no ONNX form yet, and for maps that are not the detector's.
    """
    require_levels(maps, detector)
    if detector.rule not in RULES:
        raise DiptychError(
            f"boxes by the rule {detector.rule!r} cannot be written in ONNX yet, only {', '.join(RULES)}; "
            "export the raw maps"
        )
    return RULES[detector.rule](g, maps, shapes, detector)


def _yolo(
    geometry: Geometry, g: Operators, maps: Sequence[str], shapes: Sequence[Shape], detector: Detector
) -> Decoded:
    """Maps of (x, y, w, h, object, classes) for each anchor."""
    found, number, classes = [], 0, 0
    for raw, shape, level in zip(maps, shapes, detector.levels, strict=True):
        require_cells((1, *shape), 1, len(level.anchors), 5)
        g.prefix = f"decode.{raw}"
        classes = shape[0] // len(level.anchors) - 5
        flat = _rows(g, raw, shape, level, detector.anchors_first)
        xy, wh, thing, own = g.several(4, "Split", flat, g.integers(2, 2, 1, classes), axis=-1)
        boxes = _corners(g, xy, wh, shape, level, detector.anchors_first, geometry)
        found.append((boxes, g.add("Mul", g.add("Sigmoid", thing), g.add("Sigmoid", own))))
        number += len(level.anchors) * shape[1] * shape[2]
    return *_joined(g, found), number, classes


def _efficientdet(g: Operators, maps: Sequence[str], shapes: Sequence[Shape], detector: Detector) -> Decoded:
    """Maps of the classes of all levels, then maps of their boxes, (y, x, h, w) for each anchor."""
    found, number, classes, count = [], 0, 0, len(detector.levels)
    require_pairs(*(_lengths(half, detector) for half in (shapes[:count], shapes[count:])))
    for place, level in enumerate(detector.levels):
        scores, boxes, shape = maps[place], maps[count + place], shapes[place]
        classes = shape[0] // len(level.anchors)
        g.prefix = f"decode.{scores}"
        own = g.add("Sigmoid", _rows(g, scores, shape, level, detector.anchors_first))
        g.prefix = f"decode.{boxes}"
        rows = _rows(g, boxes, shapes[count + place], level, detector.anchors_first)
        y, x, h, w = g.several(4, "Split", rows, g.integers(1, 1, 1, 1), axis=-1)
        xy, wh = g.add("Concat", x, y, axis=-1), g.add("Concat", w, h, axis=-1)
        found.append((_corners(g, xy, wh, shape, level, detector.anchors_first, _anchored), own))
        number += len(level.anchors) * shape[1] * shape[2]
    return *_joined(g, found), number, classes


def _lengths(shapes: Sequence[Shape], detector: Detector) -> list[Shape]:
    """What `require_pairs` asks for: (1, H, W, anchors, numbers)."""
    counts = [len(level.anchors) for level in detector.levels]
    for shape, count in zip(shapes, counts, strict=True):
        require_cells((1, *shape), 1, count, 0)
    return [(1, *shape[1:], count, shape[0] // count) for shape, count in zip(shapes, counts, strict=True)]


def _joined(g: Operators, found: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """The boxes and the scores of all levels."""
    g.prefix = "decode"
    boxes, scores = (g.add("Concat", *parts, axis=1) for parts in zip(*found, strict=True))
    return boxes, scores


def _rows(g: Operators, raw: str, shape: Shape, level: Level, anchors_first: bool) -> str:
    """A map as (N, H W A, numbers)."""
    (channels, height, width), count = shape, len(level.anchors)
    parts = g.add("Reshape", raw, g.integers(-1, count, channels // count, height, width))
    rows = g.add("Transpose", parts, perm=(0, 1, 3, 4, 2) if anchors_first else (0, 3, 4, 1, 2))
    return g.add("Reshape", rows, g.integers(-1, height * width * count, channels // count))


def _corners(
    g: Operators, xy: str, wh: str, shape: Shape, level: Level, anchors_first: bool, geometry: Geometry
) -> str:
    """The boxes (N, H W A, 4) of one level."""
    cell, anchors = _constants(shape, level, anchors_first)
    offset, size = geometry(g, xy, wh, level, anchors)
    centre = g.add("Mul", g.add("Add", offset, g.constant(cell)), g.constant(level.stride))
    half = g.add("Div", size, g.constant(2))
    return g.add("Concat", g.add("Sub", centre, half), g.add("Add", centre, half), axis=-1)


def _constants(shape: Shape, level: Level, anchors_first: bool) -> tuple[Array, Array]:
    """The (column, row) and the anchor of each box of a level, both (1, H W A, 2)."""
    _, height, width = shape
    lengths = (len(level.anchors), height, width) if anchors_first else (height, width, len(level.anchors))
    places = np.indices(lengths).reshape(3, -1)
    anchor, row, column = places if anchors_first else np.roll(places, 1, axis=0)
    return np.stack([column, row], -1)[None].astype(np.float64), np.array(level.anchors)[anchor][None]


def _darknet(g: Operators, xy: str, wh: str, level: Level, anchors: Array) -> tuple[str, str]:
    share = g.add("Mul", g.add("Sigmoid", xy), g.constant(level.scale))
    return g.add("Sub", share, g.constant((level.scale - 1) / 2)), g.add("Mul", g.add("Exp", wh), g.constant(anchors))


def _ultralytics(g: Operators, xy: str, wh: str, level: Level, anchors: Array) -> tuple[str, str]:
    two = g.constant(2)
    offset = g.add("Sub", g.add("Mul", g.add("Sigmoid", xy), two), g.constant(0.5))
    twice = g.add("Mul", g.add("Sigmoid", wh), two)
    return offset, g.add("Mul", g.add("Mul", twice, twice), g.constant(anchors))


def _anchor_free(g: Operators, xy: str, wh: str, level: Level, anchors: Array) -> tuple[str, str]:
    return xy, g.add("Mul", g.add("Exp", wh), g.constant(level.stride))


def _anchored(g: Operators, xy: str, wh: str, level: Level, anchors: Array) -> tuple[str, str]:
    share = g.add("Mul", xy, g.constant(anchors / level.stride))
    return g.add("Add", share, g.constant(0.5)), g.add("Mul", g.add("Exp", wh), g.constant(anchors))


RULES: dict[str, Callable[[Operators, Sequence[str], Sequence[Shape], Detector], Decoded]] = {
    "yolov3": partial(_yolo, _darknet),
    "yolov5": partial(_yolo, _ultralytics),
    "yolox": partial(_yolo, _anchor_free),
    "efficientdet": _efficientdet,
}
"""The rule of a detector -> what writes it in ONNX."""
