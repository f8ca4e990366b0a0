"""The table of docs/detection.md: every detector with its counts and what its `Detector` says."""

from __future__ import annotations

import itertools
import re

from diptych.common.detection.detector import Detector, Fit, Level, Suppression
from diptych.common.registry import Network, network, networks, traced
from writers import ROOT, Written

PATH = ROOT / "docs" / "detection.md"
PLACE = re.compile(r"(<!-- the detectors: .*? -->\n).*?(<!-- end -->)", re.DOTALL)
HEAD = "| network | input | million parameters | stride: anchors | picture | kept |\n|---|---|---|---|---|---|\n"


def written() -> Written:
    """The page with its table: a line for all networks in a row that have one `Detector` and one size."""
    detectors = [found for found in map(network, networks()) if found.detector is not None]
    groups = itertools.groupby(detectors, lambda found: (found.detector, found.input_size))
    rows = "".join(_row(detector, size, list(group)) for (detector, size), group in groups if detector)
    text, count = PLACE.subn(lambda found: f"{found[1]}{HEAD}{rows}{found[2]}", PATH.read_text("utf-8"))
    assert count == 1, f"docs/detection.md has the place of the table {count} times, not once"
    return Written({PATH: text})


def _row(detector: Detector, size: tuple[int, int], group: list[Network]) -> str:
    names = ", ".join(f"`{found.name}`" for found in group)
    counts = ", ".join(f"{traced(found.name, {}).params / 1e6:.1f}" for found in group)
    levels = "; ".join(map(_level, detector.levels))
    kept = _kept(detector.suppression)
    return f"| {names} | {size[0]}x{size[1]} | {counts} | {levels} | {_picture(detector.fit)} | {kept} |\n"


def _level(level: Level) -> str:
    anchors = " ".join(f"{width:g},{height:g}" for width, height in level.anchors)
    return f"{level.stride}: {anchors}" if anchors != "1,1" else str(level.stride)


def _picture(fit: Fit) -> str:
    return "stretched" if fit.rule == "stretch" else f"as {fit.rule}"


def _kept(suppression: Suppression) -> str:
    form = "IoU" if suppression.power is None else f"IoU - (distance² / diagonal²)^{suppression.power:g}"
    return f"{form} ≤ {suppression.iou:g}, score > {suppression.score:g}"
