"""How a detector learns, as data: which places answer for a box, and what their loss is.

A rule is a field of a `Detector`, beside how it makes boxes; `losses` computes what it says. Labels are dense: an array
(N, G, 5) of a class and the corners (x1, y1, x2, y2) in pixels of the network's input, with class -1 where an image has
fewer boxes than G. Sizes of boxes below are in pixels, unless said.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal, NamedTuple, get_args

import numpy as np

from ..errors import DiptychError
from ..spec import Array

Overlap = Literal["iou", "giou", "diou", "ciou"]
Anchors = tuple[tuple[float, float], ...]


class Terms(NamedTuple):
    """A loss and the weighted terms that it is the sum of: arrays or tensors without axes.

    `distances` is YOLOX's last term, the distance of the raw numbers, and 0 of all others; `objects` is 0 of detectors
    without a logit of "an object".
    """

    total: Any
    boxes: Any
    objects: Any
    classes: Any
    distances: Any


class Learning:
    """What the four rules share: numbers that are finite and not negative, and choices among words."""

    words: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    def __post_init__(self) -> None:
        """Raise DiptychError for numbers without a meaning and unknown words."""
        for field in fields(self):  # type: ignore[arg-type]  # each subclass is a dataclass
            value = getattr(self, field.name)
            numbers = value if isinstance(value, tuple) else (value,)
            for number in numbers:
                if isinstance(number, (int, float)) and not 0 <= number < math.inf:
                    raise DiptychError(
                        f"{field.name} of {type(self).__name__} is a finite number from 0 on, not {number}"
                    )
        for name, words in self.words.items():
            if getattr(self, name) not in words:
                raise DiptychError(
                    f"{name} of {type(self).__name__} is one of {', '.join(words)}, not {getattr(self, name)!r}"
                )


@dataclass(frozen=True, kw_only=True)
class SimOTA(Learning):
    """YOLOX (Ge et al. 2021, section 2.1): each box takes the k places of least cost, k by their overlaps.

    A place is a candidate of a box whose centre lies less than `radius` strides away on both axes, and of all boxes if
    it is of one. With `inside` (the authors' code up to 0.3.0) it is one where its own centre lies inside a box, too,
    and costs `penalty` more where not both are so. k is the sum of the `most` largest overlaps, cut, at least 1. A
    place that several boxes take goes to the one of least cost.

    The loss, divided by the number of places taken in the batch: `box` (1 - IoU^2), with `eps` beside the union,
    cross-entropy of the object at all places and of the classes, whose target is the overlap, and with `distances` (the
    authors' last 15 epochs) the distance of the raw numbers from theirs.
    """

    radius: float = 1.5
    inside: bool = False
    penalty: float = 1e6
    most: int = 10
    cost: float = 3.0
    box: float = 5.0
    distances: bool = False
    eps: float = 1e-16


@dataclass(frozen=True, kw_only=True)
class Bands(Learning):
    """EfficientDet (Tan et al. 2020) and RetinaNet (Lin et al. 2017): each anchor takes the box that it overlaps most.

    From `positive` on it answers for that box, below `negative` for none, between the two it is left out. Then each box
    takes the anchor that it overlaps most, also below: for itself ("box", the earlier box where two want one), or for
    the box that this anchor overlaps most ("anchor", torchvision's, all anchors that overlap it as much).

    The loss: focal of the classes (`alpha`, `gamma`; `smoothing` of the target, not of its modulator), and `box` times
    the distance of the codes: Huber's up to `delta`, divided by 4, without codes whose target is 0 ("huber"), or the
    plain one ("distance"). It is divided by the boxes' anchors in the "batch" plus 1, or in each "image", at least 1,
    with the mean over the images.
    """

    positive: float = 0.5
    negative: float = 0.5
    forced: Literal["box", "anchor"] = "box"
    alpha: float = 0.25
    gamma: float = 1.5
    smoothing: float = 0.0
    overlap: Literal["huber", "distance"] = "huber"
    delta: float = 0.1
    box: float = 50.0
    normaliser: Literal["batch", "image"] = "batch"
    eps: float = 1e-8
    words: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "forced": ("box", "anchor"),
        "overlap": ("huber", "distance"),
        "normaliser": ("batch", "image"),
    }

    def __post_init__(self) -> None:
        """Raise DiptychError for bands that cross, too."""
        super().__post_init__()
        if self.negative > self.positive:
            raise DiptychError(f"an anchor is negative below {self.negative} and positive from {self.positive} on")


@dataclass(frozen=True, kw_only=True)
class BestAnchor(Learning):
    """Darknet's YOLOv3 and YOLOv4: a box goes to the cell of its centre, to the anchor of the most similar size.

    Of all `anchors` (those of the levels, finest first, where none are given) the first of largest size-IoU takes it,
    where a level has that one; with `match` every anchor whose size-IoU is above that, too. Elsewhere there is no
    object; places whose decoded box overlaps a box by more than `ignore` are left out, of AlexeyAB's code only where a
    class has a score above `ignore_score`, of pjreddie's (None) all.

    The loss, summed over the batch and divided by its images: cross-entropy of object and classes (of several boxes at
    one place, all their classes), and `box` times squared distances with the weight 2 - w h of relative sizes (in x and
    y cross-entropy, "squares"), or 1 - CIoU. Several boxes at one place add up, or are divided by the number of
    classes there (`shared`). `eps` stands in alpha of CIoU alone.
    """

    ignore: float = 0.7
    ignore_score: float | None = 0.25
    match: float | None = None
    anchors: Anchors = ()
    overlap: Literal["squares", "iou", "giou", "diou", "ciou"] = "squares"
    box: float = 0.75
    shared: bool = False
    eps: float = 1e-6
    words: ClassVar[Mapping[str, tuple[str, ...]]] = {"overlap": ("squares", *get_args(Overlap))}

    def __post_init__(self) -> None:
        """Raise DiptychError for anchors that are none, too."""
        super().__post_init__()
        if not all(len(pair) == 2 and all(0 < n < math.inf for n in pair) for pair in self.anchors):
            raise DiptychError(f"an anchor is a width and a height above 0, not {self.anchors!r}")


@dataclass(frozen=True, kw_only=True)
class Ratio(Learning):
    """YOLOv5: a box goes to all anchors of all levels whose sides are less than `ratio` times apart, at up to 3 cells.

    They are the cell of its centre and, of its four neighbours, those less than half a cell away. Where several boxes
    meet at one place, each has its box and its class, and the object is the overlap of the last one in the order: cell
    (own, left, up, right, down), anchor, label.

    The loss of a level: mean of 1 - CIoU, mean of cross-entropy of the object over all places, times `balance`, and of
    the classes. Together `box` 3 / levels, `object` (size / 640)^2 3 / levels and `classes` C / 80 3 / levels of them,
    times the images of the batch.
    """

    ratio: float = 4.0
    balance: tuple[float, ...] = (4.0, 1.0, 0.4)
    overlap: Overlap = "ciou"
    box: float = 0.05
    object: float = 1.0
    classes: float = 0.5
    gain: float = 1.0
    eps: float = 1e-7
    words: ClassVar[Mapping[str, tuple[str, ...]]] = {"overlap": get_args(Overlap)}


def checked_labels(labels: Array, images: int, size: tuple[int, int], classes: int) -> Array:
    """Labels (N, G, 5) in float64 that fit images of (height, width) and a number of classes.

    An image without boxes has rows of class -1 alone; of such rows the rest is set to 0. Raises DiptychError for other
    shapes, classes that there are not, boxes without area or with NaN, and boxes whose centre is not inside the image.
    """
    found = np.array(labels, np.float64)
    if found.ndim != 3 or found.shape[0] != images or found.shape[2] != 5 or not found.shape[1]:
        raise DiptychError(
            f"labels are (images, boxes, 5), a class and two corners in pixels, here ({images}, boxes, 5) with at "
            f"least one row, of class -1 where there is no box; got {found.shape}"
        )
    there = found[..., 0] != -1
    found[~there, 1:] = 0
    for image, row in np.argwhere(there):
        label, *box = found[image, row].tolist()
        at = f"box {row} of image {image}"
        if label not in range(classes):
            raise DiptychError(f"{at} has class {label:g}; there are {classes}, from 0 on, and -1 is no box")
        x1, y1, x2, y2 = box
        if not all(map(math.isfinite, box)) or not (x2 > x1 and y2 > y1):
            raise DiptychError(f"{at} has no area: x1, y1, x2, y2 are {_words(box)}; leave it out")
        if not (0 <= x1 + x2 < 2 * size[1] and 0 <= y1 + y2 < 2 * size[0]):
            raise DiptychError(
                f"{at} has its centre outside of the image of {size[0]}x{size[1]} (height x width): x1, y1, x2, y2 are "
                f"{_words(box)}; cut boxes at the border and leave out what is outside"
            )
    return found


def padded_labels(images: Sequence[Array], most: int | None = None) -> Array:
    """Labels (N, G, 5) of images that have (boxes, 5) each, with rows of class -1; G is `most`, or the largest number.

    Raises DiptychError for an image with more boxes than `most`, and for other shapes.

    >>> padded_labels([np.array([[1.0, 0, 0, 4, 4]]), np.zeros((0, 5))])[:, :, 0].tolist()
    [[1.0], [-1.0]]
    """
    rows = [np.asarray(image, np.float64) for image in images]
    rows = [row if row.size else row.reshape(0, 5) for row in rows]
    if any(row.ndim != 2 or row.shape[1] != 5 for row in rows):
        shapes = [row.shape for row in rows]
        raise DiptychError(f"the boxes of an image are (boxes, 5), a class and two corners, not {shapes}")
    count = max([1, *map(len, rows)]) if most is None else most
    found = np.zeros((len(rows), count, 5))
    found[..., 0] = -1
    for place, row in enumerate(rows):
        if len(row) > count:
            raise DiptychError(f"image {place} has {len(row)} boxes, and at most {count} were asked for")
        found[place, : len(row)] = row
    return found


def _words(box: list[float]) -> str:
    return ", ".join(f"{number:g}" for number in box)
