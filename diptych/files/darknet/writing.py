"""The `.cfg` of a network of ours, for Darknet and for whatever else reads its files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...common.detection.detector import Detector
from ...common.errors import DiptychError
from ...common.spec import Net
from .match import DETECTORS
from .order import order
from .units import IMAGE, Unit, units

HIDDEN = {"groups": 1, "group_id": 0, "dilation": 1, "batch_normalize": 0}
"""What a text leaves out, where it is no more than this."""


def cfg_text(net: Net, detector: Detector | None = None) -> str:
    """The sections of a network; the anchors of a detector are Darknet's own where none is given.

    Raises DiptychError for a network that is none of Darknet's, and for a detector of another rule or other levels.
    """
    order(net)  # refuses what no .weights file holds
    found = units(net)
    heads = iter(_heads(net, detector or DETECTORS.get(net.name), sum(unit.kind == "yolo" for unit in found)))
    channels, height, width = map(int, net.input_shape)
    texts = [_text("net", {"batch": 1, "subdivisions": 1, "width": width, "height": height, "channels": channels})]
    places: dict[int, int] = {IMAGE: IMAGE}  # unit -> its section
    last = IMAGE
    for index, unit in enumerate(found):
        if unit.kind != "route" and last not in unit.inputs:
            texts.append(_text("route", {"layers": places[unit.inputs[0]] - (len(texts) - 1)}))
        texts.append(next(heads) if unit.kind == "yolo" else _section(unit, last, places, len(texts) - 1))
        places[index], last = len(texts) - 2, index
    return "\n\n".join(texts) + "\n"


def _section(unit: Unit, last: int, places: dict[int, int], here: int) -> str:
    """The text of a section whose number is `here`; what it reads stands so many sections before it."""
    before = {place: places[place] - here for place in unit.inputs}
    values: dict[str, object] = {key: value for key, value in unit.values.items() if HIDDEN.get(key) != value}
    if unit.kind == "route":
        values = {"layers": ",".join(str(before[place]) for place in unit.inputs)} | values
    elif unit.kind == "shortcut":
        values = {"from": next((before[place] for place in unit.inputs if place != last), -1)} | values
    elif unit.kind == "convolutional":
        values["pad"] = 1  # half of its size, as all of ours have it
    elif unit.kind == "maxpool":
        del values["padding"]
    return _text(unit.kind, values)


def _heads(net: Net, detector: Detector | None, count: int) -> Sequence[str]:
    """The text of each [yolo] section."""
    if not count:
        return ()
    if detector is None or detector.rule != "yolov3" or len(detector.levels) != count:
        raise DiptychError(f"{net.name}: its detector has the rule yolov3 and {count} levels, one for each map")
    anchors = sorted({pair for level in detector.levels for pair in level.anchors}, key=lambda pair: pair[0] * pair[1])
    sides = ",".join(f"{side:g}" for pair in anchors for side in pair)
    maps = [int(net.nodes[index].shape[0]) for index in net.outputs]
    found = []
    usual = DETECTORS[net.name].suppression if net.name in DETECTORS else detector.suppression
    kind = {} if usual.power is None else {"nms_kind": "greedynms"}
    for level, channels in zip(detector.levels, maps, strict=True):
        mask = ",".join(str(anchors.index(pair)) for pair in level.anchors)
        values = {"mask": mask, "anchors": sides, "classes": channels // len(level.anchors) - 5, "num": len(anchors)}
        found.append(_text("yolo", values | {"scale_x_y": f"{level.scale:g}"} | kind))
    return found


def _text(kind: str, values: Mapping[str, object]) -> str:
    return "\n".join([f"[{kind}]", *(f"{key}={value}" for key, value in values.items())])
