"""How many boxes a detector answers with, and how numbers of a cell become a box."""

from __future__ import annotations

from ...common.detection.detector import Detector
from ...common.language import gettext
from ...common.spec import Net
from .formula import Formula, number


def anchors(net: Net, detector: Detector) -> Formula:
    """The number of boxes of an image of the network's own size, over all levels."""
    height, width = map(int, net.input_shape[1:])
    levels = [(-(-height // level.stride), -(-width // level.stride), len(level.anchors)) for level in detector.levels]
    parts = [
        rf"{high} \cdot {wide} \cdot {count}" if count > 1 else rf"{high} \cdot {wide}" for high, wide, count in levels
    ]
    total = sum(high * wide * count for high, wide, count in levels)
    strides = ", ".join(str(level.stride) for level in detector.levels)
    if all(count == 1 for _, _, count in levels):
        said = gettext("Strides of {strides} pixels, one box for each cell and no anchors.").format(strides=strides)
    else:
        said = gettext("Strides of {strides} pixels; {count} anchors to a cell.").format(
            strides=strides, count=levels[0][2]
        )
    return Formula(gettext("Boxes of one image"), (f"{' + '.join(parts)} = {number(total)}",), said)


def box(detector: Detector) -> Formula:
    """The rule by which the four numbers of a cell become a box."""
    level = detector.levels[0]
    (a, b), scale = level.anchors[0], level.scale
    step = number(level.stride)
    centre = rf"{number(scale)}\,\sigma(t_x) - {number((scale - 1) / 2)}" if scale != 1 else r"\sigma(t_x)"
    lines = {
        "yolov3": (
            rf"x = ({centre} + i) \cdot {step}",
            rf"w = e^{{t_w}} \cdot {number(a)}, \quad h = e^{{t_h}} \cdot {number(b)}",
        ),
        "yolov5": (
            rf"x = (2\,\sigma(t_x) - 0.5 + i) \cdot {step}",
            rf"w = (2\,\sigma(t_w))^2 \cdot {number(a)}, \quad h = (2\,\sigma(t_h))^2 \cdot {number(b)}",
        ),
        "yolox": (rf"x = (t_x + i) \cdot {step}", rf"w = e^{{t_w}} \cdot {step}, \quad h = e^{{t_h}} \cdot {step}"),
        "efficientdet": (
            rf"x = t_x \cdot {number(a)} + \left(i + \tfrac{{1}}{{2}}\right) \cdot {step}",
            rf"w = e^{{t_w}} \cdot {number(a)}, \quad h = e^{{t_h}} \cdot {number(b)}",
        ),
    }[detector.rule]
    said = gettext("In pixels, for column i of the first level and its first anchor; the same with y, j for rows.")
    if detector.rule == "yolox":
        said = gettext("In pixels, for column i of the first level; the same with y, j for rows.")
    return Formula(gettext("From a cell to a box"), lines, said)
