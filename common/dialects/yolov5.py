"""YOLOv5: ultralytics numbers the parts of backbone, neck and head in one row (facts of its weight files, not code)."""

from __future__ import annotations

from ..anchor_buffer import AnchorBuffer
from ..detection.detector import YOLOV5
from ..dialect import Dialect, rules

NECK = (
    ("narrow.0", 10),
    ("top_down.0", 13),
    ("narrow.1", 14),
    ("top_down.1", 17),
    ("down.0", 18),
    ("bottom_up.0", 20),
    ("down.1", 21),
    ("bottom_up.1", 23),
)
STAGES = tuple((f"backbone.dark{stage}.{part}", 2 * stage - 3 + part) for stage in (2, 3, 4, 5) for part in (0, 1, 2))
"""The convolution of a stage and its `c3`; the last stage has pyramid pooling, too, first or last."""
PARTS = (*STAGES[:2], *STAGES[3:5], *STAGES[6:8], *STAGES[9:], *((f"neck.{part}", place) for part, place in NECK))
RULES = rules(
    ("backbone.stem.*", "model.0.*"),
    *(
        rule
        for part, place in PARTS
        for rule in (
            (f"{part}.m.{{n}}.conv{{c}}.*", f"model.{place}.m.{{n}}.cv{{c}}.*"),
            (f"{part}.conv{{c}}.*", f"model.{place}.cv{{c}}.*"),
            (f"{part}.*", f"model.{place}.*"),
        )
    ),
    ("head.{level}", "model.24.m.{level}"),
)

ANCHORS = AnchorBuffer("model.24.anchors", (3, 3, 2), YOLOV5, in_cells=True)
ANCHOR_GRID = AnchorBuffer("model.24.anchor_grid", (3, 1, 3, 1, 1, 2), YOLOV5)
"""In pixels: a buffer up to v5.0, which boxes are decoded with there."""


def _dialect(network: str, name: str, *beside: AnchorBuffer) -> Dialect:
    return Dialect("ultralytics", network, name, RULES, beside=beside)


DIALECTS = (
    *(_dialect(f"yolov5{size}", f"yolov5{size}", ANCHORS) for size in "nsmlx"),
    *(_dialect(f"yolov5{size}_focus", f"yolov5{size} (v5.0)", ANCHORS, ANCHOR_GRID) for size in "smlx"),
)
