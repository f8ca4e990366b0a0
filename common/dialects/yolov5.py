"""YOLOv5: ultralytics numbers the parts of backbone, neck and head in one row (facts of its weight files, not code)."""

from __future__ import annotations

import numpy as np

from ..detection.detector import YOLOV5
from ..dialect import Dialect, rules
from ..spec import Array

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

ANCHORS = "model.24.anchors", "model.24.anchor_grid"
"""For decoding: divided by the stride and, up to v5.0, in pixels."""


def anchors_said(name: str, array: Array) -> str:
    """What a file's anchors are, held against those that boxes are decoded with here: training may have moved them."""
    strides = [level.stride if name == ANCHORS[0] else 1 for level in YOLOV5.levels]
    ours = np.array([level.anchors for level in YOLOV5.levels], float)
    if array.size != ours.size:
        return f"{name} is left out: it has {array.size} numbers, where the detector has {ours.size // 2} anchors"
    theirs = array.reshape(ours.shape).astype(float) * np.array(strides).reshape(-1, 1, 1)
    if np.array_equal(theirs, ours):
        return f"{name} is left out: they are the detector's own, {_shown(ours)}, and no output of the network has them"
    at = ", ".join(str(level.stride) for level in YOLOV5.levels)
    return (
        f"{name} is left out, as no output of the network depends on it, but boxes do: they are NOT the detector's "
        f"own. Decode with anchors {_shown(theirs)} (width,height in pixels at stride {at}), not with {_shown(ours)}"
    )


def _shown(anchors: Array) -> str:
    return "; ".join(" ".join(f"{width:.6g},{height:.6g}" for width, height in level) for level in anchors)


def _dialect(network: str, name: str, *beside: str) -> Dialect:
    return Dialect("ultralytics", network, name, RULES, beside=beside, noted=anchors_said)


DIALECTS = (
    *(_dialect(f"yolov5{size}", f"yolov5{size}", ANCHORS[0]) for size in "nsmlx"),
    *(_dialect(f"yolov5{size}_focus", f"yolov5{size} (v5.0)", *ANCHORS) for size in "smlx"),
)
