"""Which of our networks a `.cfg` is: its sections held against the network's, one after the other.

A section of the file is that of the network which reads the same maps and has the same numbers. Convolutions and
[yolo] sections must come in the network's order, in which the numbers of a `.weights` file stand; pools that read one
map may come in any.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...common.detection.detector import (
    YOLOV3,
    YOLOV3_TINY,
    YOLOV4,
    YOLOV4_TINY,
    Detector,
    Level,
)
from ...common.errors import FileError, SpecError
from ...common.registry import network, traced
from ...common.spec import Net
from ...common.text import NAME, printable
from .cfg import Section, parsed
from .order import CLASSES, NETWORKS, with_classes
from .sections import BOXES, units_of
from .units import IMAGE, Unit, units

DETECTORS = {
    "yolov3": YOLOV3,
    "yolov3_spp": YOLOV3,
    "yolov3_tiny": YOLOV3_TINY,
    "yolov4": YOLOV4,
    "yolov4_tiny": YOLOV4_TINY,
}
"""What Darknet's own configuration says of the boxes of a network."""
SIDE, CHANNELS, ANCHORS = 1 << 14, 1 << 10, 100
ENDS = ("softmax", "cost")
"""What ends a classifier's file: our networks give what it reads."""


@dataclasses.dataclass(frozen=True)
class Configured:
    """What a `.cfg` says: the network, its options, the rule of its boxes (None for a classifier), its sections.

    `unlike` is what it says of pictures and of suppression that is not the detector's way here.
    """

    path: Path
    network: str
    options: Mapping[str, Any]
    detector: Detector | None
    sections: int
    unlike: tuple[str, ...] = ()

    def __str__(self) -> str:
        known = f"{self.path}: all {self.sections} sections are those of {self.network}"
        return f"{known}; not followed: {', '.join(self.unlike)}" if self.unlike else known


class _Fault(Exception):
    """Where a file is another network: the section, its place among those of the file, and what was expected."""

    def __init__(self, place: int, text: str) -> None:
        super().__init__(text)
        self.place = place


def read_cfg(path: Path) -> Configured:
    """The network, its options and the rule of its boxes that a `.cfg` says.

    Classes, anchors, masks, scale_x_y and the size of the image may be any; what training alone needs is ignored.
    Raises FileError for a file that is broken, and where it is none of our networks for the first section that differs
    from the nearest one's.
    """
    sections = list(parsed(path))
    heads = [section for section in sections if section.kind == "yolo"]
    while not heads and sections[-1].kind in ENDS:
        sections.pop()
    found, whose = units_of(sections)
    if not found:
        raise FileError(f"{path} has no section behind [net], expected those of a network")
    classes = _classes(heads, found, sections)
    faults: list[tuple[int, str, _Fault]] = []
    for name in NETWORKS:
        net = traced(name, with_classes(name, classes))
        wanted = units(net)
        try:
            _compare(found, whose, wanted)
        except _Fault as found_fault:
            alike = sum((a.kind, a.values) == (b.kind, b.values) for a, b in zip(found, wanted, strict=False))
            faults.append((found_fault.place + alike, name, found_fault))
        else:
            options = with_classes(name, classes) | _image(sections[0], name)
            return Configured(
                path, name, options, _detector(name, net, heads), len(sections) - 1, _unlike(name, sections[0], heads)
            )
    _, name, fault = max(faults, key=lambda item: item[0])
    raise FileError(f"{path} is no network that is known here; the nearest is {name}, but {fault}")


def _classes(heads: Sequence[Section], found: Sequence[Unit], sections: Sequence[Section]) -> int:
    """The classes of all [yolo] sections, or of the last convolution of a classifier."""
    for head in heads:
        if head.whole("classes", 20, 1, CLASSES) != heads[0].whole("classes", 20, 1, CLASSES):
            raise head.fault("classes", f"{heads[0].whole('classes', 20, 1, CLASSES)}, as the first [yolo] has")
    if heads:
        return heads[0].whole("classes", 20, 1, CLASSES)
    last = [unit for unit in found if unit.kind == "convolutional"]
    return min(int(last[-1].values["filters"]), CLASSES) if last else 1


def _image(section: Section, name: str) -> dict[str, Any]:
    """The options that [net] says: the size of the image and its channels, where they are not the network's own."""
    height, width = (section.whole(key, None, 1, SIDE) for key in ("height", "width"))
    channels = section.whole("channels", 3, 1, CHANNELS)
    found: dict[str, Any] = {"input_size": (height, width)} if (height, width) != network(name).input_size else {}
    found |= {"in_channels": channels} if channels != network(name).in_channels else {}
    try:
        traced(name, dict(NETWORKS[name]) | found)
    except SpecError as error:
        raise FileError(f"{section.path}: [net] has height {height} and width {width}: {error}") from None
    return found


def _compare(found: Sequence[Unit], whose: Sequence[Section], wanted: Sequence[Unit]) -> None:
    """Raise _Fault for the first section of a file that is none of the network's, or for one that it lacks."""
    left = list(range(len(wanted)))
    ours: dict[int, int] = {IMAGE: IMAGE}  # unit of the file -> unit of the network
    for index, (unit, section) in enumerate(zip(found, whose, strict=True)):
        if not left:
            raise _Fault(index, f"{section.place} comes after its last section")
        inputs = [ours[place] for place in unit.inputs]
        same = _place(unit, inputs, wanted, left)
        if same is None:
            file_of = {mine: place for place, mine in ours.items()}
            raise _Fault(index, _difference(unit, section, wanted[left[0]], whose, file_of))
        left.remove(same)
        ours[index] = same
    if left:
        raise _Fault(len(found), f"the file ends before its [{wanted[left[0]].kind}] behind {whose[-1].place}")


def _place(unit: Unit, inputs: list[int], wanted: Sequence[Unit], left: Sequence[int]) -> int | None:
    """The unit of the network that one of the file is; of convolutions and of heads the next one, or none."""
    for place in left:
        mine = wanted[place]
        if mine.kind != unit.kind:
            continue
        joined = sorted(inputs) if unit.kind == "shortcut" else inputs
        if list(mine.inputs) == joined and mine.values == unit.values:
            return place
        if unit.kind in ("convolutional", "yolo"):
            return None
    return None


def _difference(unit: Unit, section: Section, mine: Unit, whose: Sequence[Section], file_of: Mapping[int, int]) -> str:
    """In words, how a section differs from the one that comes next in the network."""
    if unit.kind != mine.kind:
        return f"{section.place} is not the [{mine.kind}] that it has there"
    for key, value in mine.values.items():
        if unit.values[key] != value:
            return f"{section.place}: {key} is {unit.values[key]}, expected {value}"

    def named(places: Sequence[int]) -> str:
        texts = ["the image" if place == IMAGE else str(whose[place].number) for place in places]
        return ", ".join(texts)

    expected = [file_of[place] for place in mine.inputs if place in file_of]
    return f"{section.place}: it reads section {named(unit.inputs)}, expected {named(expected)}"


def _detector(name: str, net: Net, heads: Sequence[Section]) -> Detector | None:
    """The rule of the boxes: strides from the network, anchors and scales from the [yolo] sections."""
    if not heads:
        return None
    strides = [net.input_shape[1] // int(net.nodes[index].shape[1]) for index in net.outputs]
    levels = tuple(_level(head, stride) for head, stride in zip(heads, strides, strict=True))
    return dataclasses.replace(DETECTORS[name], levels=levels)


def _unlike(name: str, first: Section, heads: Sequence[Section]) -> tuple[str, ...]:
    """What is said of letterboxes and suppression that a detector of this network does otherwise here.

    Darknet suppresses by IoU, by DIoU where nms_kind is greedynms, and has other kinds for other authors.
    """
    found = [] if not heads or first.values.get("letter_box", "0") == "0" else ["letter_box, pictures are stretched"]
    for head in heads:
        kind, power = head.values.get("nms_kind", "default"), DETECTORS[name].suppression.power
        if kind != ("default" if power is None else "greedynms"):
            ours = "IoU" if power is None else "DIoU, as greedynms does"
            found.append(f"nms_kind={printable(kind, NAME)} of {head.place}, boxes are suppressed by {ours}")
    return tuple(found)


def _level(head: Section, stride: int) -> Level:
    sides = head.reals("anchors", 2 * ANCHORS)
    pairs = list(zip(sides[::2], sides[1::2], strict=False))
    if len(sides) % 2 or head.whole("num", len(pairs), 1, ANCHORS) != len(pairs):
        raise head.fault("anchors", f"num={head.values.get('num', '...')} widths and heights")
    mask = head.wholes("mask", ANCHORS)
    if len(mask) != BOXES or not all(0 <= number < len(pairs) for number in mask):
        raise head.fault("mask", f"{BOXES} numbers from 0 to {len(pairs) - 1}, for the anchors of this level")
    (scale,) = head.reals("scale_x_y", 1, "1")
    return Level(stride, tuple(pairs[number] for number in mask), scale)
