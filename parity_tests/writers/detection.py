"""The table of docs/detection.md: every detector with its counts and what its `Detector` says."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from diptych.common.detection.detector import Anchors, Detector, Fit, Level, Suppression
from diptych.common.registry import Network, network, networks, traced
from writers import ROOT, Written

PATH = ROOT / "docs" / "detection.md"
PLACE = re.compile(r"(<!-- the detectors: .*? -->\n).*?(<!-- end -->)", re.DOTALL)
HEAD = "| network | input | million parameters | stride: anchors | picture | kept |\n|---|---|---|---|---|---|\n"


def written() -> Written:
    """The page with its table: a line for all networks in a row that have one `Detector`."""
    groups = itertools.groupby(map(network, networks()), lambda found: found.detector)
    rows = "".join(_row(detector, list(group)) for detector, group in groups if detector)
    text, count = PLACE.subn(lambda found: f"{found[1]}{HEAD}{rows}{found[2]}", PATH.read_text("utf-8"))
    assert count == 1, f"docs/detection.md has the place of the table {count} times, not once"
    return Written({PATH: text})


def _row(detector: Detector, group: list[Network]) -> str:
    sizes = ", ".join(dict.fromkeys("x".join(map(str, found.input_size)) for found in group))
    names = ", ".join(f"`{found.name}`" for found in group)
    counts = ", ".join(f"{traced(found.name, {}).params / 1e6:.1f}" for found in group)
    levels = _levels(detector.levels)
    kept = _kept(detector.suppression)
    return f"| {names} | {sizes} | {counts} | {levels} | {_picture(detector.fit)} | {kept} |\n"


def _levels(levels: Sequence[Level]) -> str:
    """Each level, or once for all what is the same in strides."""
    if all(level.anchors == Level(1).anchors for level in levels):
        return ", ".join(str(level.stride) for level in levels)
    relative = {tuple((round(a / x.stride, 6), round(b / x.stride, 6)) for a, b in x.anchors) for x in levels}
    if len(relative) > 1:
        return "; ".join(f"{level.stride}: {_anchors(level.anchors)}" for level in levels)
    strides, (shared,) = ", ".join(str(level.stride) for level in levels), relative
    return f"{strides}: {_anchors(shared)}, in strides"


def _anchors(anchors: Anchors) -> str:
    return " ".join(f"{width:.4g},{height:.4g}" for width, height in anchors)


def _picture(fit: Fit) -> str:
    return "stretched" if fit.rule == "stretch" else f"as {fit.rule}"


def _kept(suppression: Suppression) -> str:
    if suppression.sigma is not None:
        return f"soft, sigma {suppression.sigma:g}, score > {suppression.score:g}"
    form = "IoU" if suppression.power is None else f"IoU - (distance² / diagonal²)^{suppression.power:g}"
    return f"{form} ≤ {suppression.iou:g}, score > {suppression.score:g}"
