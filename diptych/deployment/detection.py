"""What a program of a detector has behind its raw maps: nothing, boxes and scores, or what suppression leaves."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..common.detection.checks import require_cells, require_levels, require_size
from ..common.detection.detector import Detector, Suppression
from ..common.errors import DiptychError
from ..common.registry import network, registered
from ..common.spec import Net
from ..detecting.labels import listed
from ..files.boxes import with_levels

KEY = "diptych.detector"
"""The key of an ONNX model's metadata with the rules of a detector, and the name of a SavedModel's extra file."""


@dataclass(frozen=True)
class Inside:
    """What stands behind the raw maps of a detector; with neither `decoded` nor a `suppression`, nothing does."""

    detector: Detector
    classes: int
    decoded: bool = False
    suppression: Suppression | None = None
    labels: tuple[str, ...] = ()

    @property
    def behind(self) -> bool:
        """Whether anything does."""
        return self.decoded or self.suppression is not None

    def metadata(self, net: Net) -> str:
        """JSON of what a consumer needs: the rules by which raw maps are decoded, and those of what is inside."""
        suppression = self.suppression or self.detector.suppression
        rules = dataclasses.asdict(dataclasses.replace(self.detector, suppression=suppression))
        answer = "nms" if self.suppression else "boxes" if self.decoded else "maps"
        said: dict[str, Any] = {
            "answer": answer,
            "maps": list(net.shown_outputs),
            "input_size": list(map(int, net.input_shape[1:])),
        }
        said |= {"classes": self.classes, **rules}
        return json.dumps(said | ({"labels": list(self.labels)} if self.labels else {}))

    def __str__(self) -> str:
        if self.suppression is None:
            return "boxes (corners x1, y1, x2, y2 in pixels of the input) and scores inside"
        chosen = self.suppression
        overlap = "IoU" if chosen.power is None else f"Darknet's DIoU (power {chosen.power:g})"
        classes = "per class" if chosen.per_class else "across classes"
        best = ", best class only" if chosen.best_only else ""
        return (
            f"NMS inside: score > {chosen.score:g}, {overlap} > {chosen.iou:g} {classes}{best}, "
            f"the best {chosen.max_candidates} candidates, at most {chosen.max_boxes} boxes"
        )

    @property
    def onnx_text(self) -> str:
        """What is inside of an ONNX model, and by which operators."""
        if self.suppression is None:
            return str(self)
        plain = self.suppression.power is None
        means = "ONNX's NonMaxSuppression" if plain else "a Loop of basic operators (plain_iou: ONNX's own, by IoU)"
        return f"{self}, by {means}"


def inside(
    net: Net,
    *,
    decoded: bool = False,
    nms: bool = False,
    score: float | None = None,
    iou: float | None = None,
    max_boxes: int | None = None,
    plain_iou: bool = False,
    labels: Sequence[str] | None = None,
    record: Mapping[str, Any] | None = None,
) -> Inside | None:
    """What a program of this network is to have inside; None where it is no detector and nothing is asked for.

    The rules of suppression are the detector's own, with `score`, `iou` and `max_boxes` instead where given, and with
    `plain_iou` it is greedy by IoU where the detector has Darknet's DIoU or soft-NMS. Its anchors are those that the
    `record` of the weights carries, if any: those of a `.cfg` that has others than the network. Raises DiptychError for
    a network that is no detector, for an input whose cells are no whole strides, for soft-NMS, settings of a
    suppression that is not asked for, thresholds outside [0, 1], and another number of labels than classes.
    """
    settings = {"score": score, "iou": iou, "max_boxes": max_boxes}
    given = {name: value for name, value in settings.items() if value is not None}
    asked = [*given, *(["plain_iou"] if plain_iou else [])]
    if asked and not nms:
        raise DiptychError(f"{asked[0]} is a setting of non-maximum suppression; ask for that too (--with-nms)")
    detector = network(net.name).detector if registered(net.name) else None
    if detector is None:
        if decoded or nms or labels is not None:
            raise DiptychError(f"{net.name} is no detector: it has no boxes to decode or to suppress, nor their labels")
        return None
    carried = (record or {}).get("carried")
    detector = with_levels(detector, carried if isinstance(carried, dict) else {})
    classes = _classes(net, detector)
    if classes is None:
        if decoded or nms or labels is not None:
            raise DiptychError(f"{net.name} without its head has no raw maps to decode; leave out num_classes=0")
        return None
    named = () if labels is None else listed(labels)
    if labels is not None and len(named) != classes:
        raise DiptychError(f"{net.name} has {classes} classes and was given {len(named)} labels")
    if decoded or nms:
        require_size(net.name, net.input_shape[1:], detector)
    suppression = _suppression(detector, given, plain_iou) if nms else None
    return Inside(detector, classes, decoded or nms, suppression, named)


def _classes(net: Net, detector: Detector) -> int | None:
    """How many classes the raw maps have; None where the network was traced without its head."""
    if dict(net.options).get("num_classes") == 0:
        return None
    shapes = [tuple(map(int, net.nodes[index].shape)) for index in net.outputs]
    require_levels(shapes, detector)
    before = 0 if detector.rule == "efficientdet" else 5
    for shape, level in zip(shapes, detector.levels, strict=False):  # efficientdet's maps of boxes come after these
        require_cells((1, *shape), 1, len(level.anchors), before)
    return shapes[0][0] // len(detector.levels[0].anchors) - before


def _suppression(detector: Detector, given: dict[str, Any], plain_iou: bool) -> Suppression:
    chosen = dataclasses.replace(detector.suppression, **given)
    if plain_iou:
        return dataclasses.replace(chosen, power=None, sigma=None)
    if chosen.sigma is not None:
        raise DiptychError(
            "the detector's own suppression is soft-NMS, which is not written into programs: its order hangs on the "
            "last bits of exp; take --with-decode, or --plain-iou for greedy suppression by IoU"
        )
    return chosen
