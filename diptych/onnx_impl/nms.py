"""Non-maximum suppression in ONNX operators; what it means is `common.detection.nms`, which it equals.

Candidates are chosen first: TopK gives the lower index first where scores are equal, as ONNX promises. They go to
ONNX's NonMaxSuppression, each with its own class alone, or all as one class without `per_class`. It suppresses what
overlaps by more than `iou` and knows IoU only: where a `power` makes the overlap Darknet's, a Loop does the same
with all pairs. The answer is in the order of the candidates: by score, equal ones by place and class.
"""

from __future__ import annotations

import numpy as np

from ..common.detection.detector import Suppression
from ..common.onnx_graph import Body, Field, Operators

NEVER = -float("inf")
"""The score of what is no candidate."""


def nms(g: Operators, decoded: tuple[str, str, int, int], chosen: Suppression) -> tuple[str, str, str, str]:
    """Add what suppresses boxes (N, M, 4) by scores (N, M, classes), both float32.

    The answer has the names of boxes (N, max_boxes, 4), scores and classes (N, max_boxes), and count (N,), as `Found`
    has them.
    """
    boxes, scores, number, groups = decoded
    g.prefix = "nms"
    best, places, classes, most = _candidates(g, _wanted(g, scores, groups, chosen), number, groups, chosen)
    corners = _take(g, boxes, places)
    if chosen.power is None:
        left = _standard(g, corners, best, classes, groups if chosen.per_class else 1, most, chosen)
    else:
        left = _greedy(g, _hits(g, corners, classes, most, chosen), g.add("Greater", best, g.constant(NEVER)), most)
    # What is left has the larger number the better it is, so that no two are equal.
    rank = g.add("Where", left, g.tensor(np.arange(most, 0, -1)), g.integers(0))
    value, order = g.several(2, "TopK", rank, g.integers(chosen.max_boxes), axis=1)
    shown = g.add("Greater", value, g.integers(0))
    count = g.add("ReduceSum", g.add("Cast", shown, to=INT64), g.integers(1), keepdims=0)
    inner = g.add("Unsqueeze", shown, g.integers(2))
    return (
        g.add("Where", inner, _take(g, corners, order), g.constant(0)),
        g.add("Where", shown, _take(g, best, order), g.constant(0)),
        g.add("Where", shown, _take(g, classes, order), g.integers(-1)),
        count,
    )


INT64, FLOAT, BOOL = 7, 1, 9
"""ONNX's numbers of types."""


def _wanted(g: Operators, scores: str, groups: int, chosen: Suppression) -> str:
    """The scores, minus infinity where they are no candidates."""
    never = g.constant(NEVER)
    scores = g.add("Where", g.add("Greater", scores, g.constant(chosen.score)), scores, never)
    if chosen.best_only:
        best = g.add("ArgMax", scores, axis=2, keepdims=1, select_last_index=0)
        scores = g.add("Where", g.add("Equal", best, g.integers(*range(groups))), scores, never)
    return scores


def _candidates(g: Operators, scores: str, number: int, groups: int, chosen: Suppression) -> tuple[str, str, str, int]:
    """The best scores (N, K), their boxes and their classes, in order, and K; box 0 stands where there is none."""
    width = number * groups
    flat = g.add("Reshape", scores, g.integers(-1, width))
    if width < chosen.max_boxes:
        flat = g.add("Pad", flat, g.integers(0, 0, 0, chosen.max_boxes - width), g.constant(NEVER))
    most = min(chosen.max_candidates, max(width, chosen.max_boxes))
    best, order = g.several(2, "TopK", flat, g.integers(most), axis=1)
    place = g.add("Div", order, g.integers(groups))
    places = g.add("Where", g.add("Greater", best, g.constant(NEVER)), place, g.integers(0))
    return best, places, g.add("Mod", order, g.integers(groups)), most


def _standard(g: Operators, corners: str, best: str, classes: str, groups: int, most: int, chosen: Suppression) -> str:
    """Which candidates (N, K) ONNX's own operator leaves."""
    row = g.add("Unsqueeze", best, g.integers(1))
    if groups > 1:
        own = g.add("Equal", g.add("Unsqueeze", classes, g.integers(1)), g.tensor(np.arange(groups)[:, None]))
        row = g.add("Where", own, row, g.constant(NEVER))
    limits = g.integers(chosen.max_boxes), g.constant(np.array([chosen.iou])), g.constant(np.array([chosen.score]))
    selected = g.add("NonMaxSuppression", corners, row, *limits)
    places = g.add("Gather", selected, g.integers(0, 2), axis=1)
    none = g.add("Expand", g.tensor(np.array(False)), g.add("Shape", best))
    hits = g.add("Expand", g.tensor(np.array(True)), g.add("Shape", places, start=0, end=1))
    return g.add("ScatterND", none, places, hits)


def _hits(g: Operators, corners: str, classes: str, most: int, chosen: Suppression) -> str:
    """Which candidate (N, K, 1) suppresses which (N, 1, K), if it is left itself: 1 or 0."""
    number = np.arange(most)
    behind = g.add("Less", g.tensor(number[:, None]), g.tensor(number[None]))
    hits = g.add("And", g.add("Greater", _overlap(g, corners, chosen.power or 1.0), g.constant(chosen.iou)), behind)
    if chosen.per_class:
        first, second = (g.add("Unsqueeze", classes, g.integers(axis)) for axis in (2, 1))
        hits = g.add("And", hits, g.add("Equal", first, second))
    return g.add("Cast", hits, to=FLOAT)


def _overlap(g: Operators, corners: str, power: float) -> str:
    """IoU less a power of the squared distance over the hull's squared diagonal, of all pairs (N, K, K)."""
    columns = g.several(4, "Split", corners, g.integers(1, 1, 1, 1), axis=2)
    rows = [g.add("Transpose", column, perm=(0, 2, 1)) for column in columns]
    zero, two = g.constant(0), g.constant(2)
    shared, hull, apart, areas = [], [], [], [list[str](), list[str]()]
    for low, high in ((0, 2), (1, 3)):
        for sides, own in zip((columns, rows), areas, strict=True):
            own.append(g.add("Max", g.add("Sub", sides[high], sides[low]), zero))
        (a, b), (c, d) = (columns[low], rows[low]), (columns[high], rows[high])
        shared.append(g.add("Max", g.add("Sub", g.add("Min", c, d), g.add("Max", a, b)), zero))
        hull.append(g.add("Sub", g.add("Max", c, d), g.add("Min", a, b)))
        centres = (g.add("Div", g.add("Add", *pair), two) for pair in ((b, d), (a, c)))
        apart.append(g.add("Sub", *centres))
    intersection, first, second = (g.add("Mul", *pair) for pair in (shared, *areas))
    union = g.add("Sub", g.add("Add", first, second), intersection)
    squares = (g.add("Add", *(g.add("Mul", x, x) for x in pair)) for pair in (apart, hull))
    distance = _over(g, *squares)
    return g.add("Sub", _over(g, intersection, union), g.add("Pow", distance, g.constant(power)))


def _over(g: Operators, part: str, whole: str) -> str:
    """A quotient, 0 where `whole` is."""
    zero = g.constant(0)
    nothing = g.add("Equal", whole, zero)
    return g.add("Where", nothing, zero, g.add("Div", part, g.add("Where", nothing, g.constant(1), whole)))


def _greedy(g: Operators, hits: str, candidates: str, most: int) -> str:
    """Those that none before them which is left suppresses, for all at once until nothing changes.

    Sums of zeros and ones are exact in float32.
    """
    body = Operators(g.dtype)
    body.prefix = f"{g.prefix}.round"
    before, shape = f"{body.prefix}.before", ("batch", most)
    row = body.add("Unsqueeze", body.add("Cast", before, to=FLOAT), body.integers(1))
    number = body.add("Squeeze", body.add("MatMul", row, hits), body.integers(1))
    free = body.add("Equal", number, body.constant(0))
    left = body.add("And", candidates, free)
    changed = body.add("Cast", body.add("Xor", left, before), to=FLOAT)
    total = body.add("ReduceSum", changed, keepdims=0)
    again = body.add("Greater", total, body.constant(0))
    inputs = (Field(f"{body.prefix}.number", "int64", ()), Field(f"{body.prefix}.more", "bool", ()))
    loop = Body(
        tuple(body.operators),
        (*inputs, Field(before, "bool", shape)),
        (Field(again, "bool", ()), Field(left, "bool", shape)),
    )
    return g.add("Loop", "", g.tensor(np.array(True)), candidates, body=loop)


def _take(g: Operators, values: str, places: str) -> str:
    """values (N, M, ...) at the places (N, K) of each image."""
    return g.add("GatherND", values, g.add("Unsqueeze", places, g.integers(2)), batch_dims=1)
