"""A detector as data: how an image becomes its input, what its raw maps mean, and which of its boxes are kept."""

from __future__ import annotations

import dataclasses
import itertools
import math
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

from ..errors import DiptychError
from .learning import BestAnchor, Learning, Ratio, SimOTA
from .limits import require_limits, require_numbers

if TYPE_CHECKING:
    from ..spec import Array

Rule = Literal["yolov3", "yolov5", "yolox", "efficientdet"]
FitRule = Literal["stretch", "yolov5", "yolox", "darknet", "efficientdet"]
Anchors = tuple[tuple[float, float], ...]


@dataclasses.dataclass(frozen=True)
class Level:
    """One raw map: pixels of the input to a cell, and its anchors' (width, height) in such pixels.

    `scale` is Darknet's scale_x_y: how far a centre reaches beyond its cell; 1 is not at all.
    """

    stride: int
    anchors: Anchors = ((1.0, 1.0),)
    scale: float = 1.0

    def __post_init__(self) -> None:
        """Raise DiptychError for numbers without a meaning."""
        if not (isinstance(self.stride, int) and self.stride > 0 and 0 < self.scale < math.inf):
            raise DiptychError(f"a level has a whole stride and a scale, each above 0, not {self.stride}, {self.scale}")
        if not self.anchors or not all(len(pair) == 2 and all(0 < n < math.inf for n in pair) for pair in self.anchors):
            raise DiptychError(f"a level has anchors, each a width and a height above 0, not {self.anchors!r}")


@dataclasses.dataclass(frozen=True)
class Fit:
    """How an image of any size becomes the network's input; the rules are those of `letterbox`.

    `pad` is the value of the border, from 0 to 255. Then the channels, RGB or with `bgr` the other way round, are
    divided by `divisor`, and each has its `mean` taken away and is divided by its `std`.
    """

    rule: FitRule = "stretch"
    pad: float = 0.0
    bgr: bool = False
    divisor: float = 255.0
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)

    def __post_init__(self) -> None:
        """Raise DiptychError for an unknown rule and for numbers without a meaning."""
        if self.rule not in get_args(FitRule):
            raise DiptychError(f"the rule of a fit is one of {', '.join(get_args(FitRule))}, not {self.rule!r}")
        if not 0 <= self.pad <= 255 or len(self.mean) != 3 or not all(map(math.isfinite, self.mean)):
            raise DiptychError(f"a pad is from 0 to 255, and a mean three numbers, not {self.pad} and {self.mean}")
        if not all(0 < n < math.inf for n in (self.divisor, *self.std)) or len(self.std) != 3:
            raise DiptychError(f"a divisor and three standard deviations are above 0, not {self.divisor}, {self.std}")


@dataclasses.dataclass(frozen=True)
class Suppression:
    """Which boxes are kept: the arguments of `nms`, as the detector's authors run it on a picture.

    With a `sigma` it is soft-NMS, to which `iou` and `power` mean nothing.
    """

    iou: float = 0.45
    score: float = 0.25
    max_candidates: int = 1000
    max_boxes: int = 100
    power: float | None = None
    per_class: bool = True
    best_only: bool = False
    sigma: float | None = None

    def __post_init__(self) -> None:
        """Raise DiptychError for thresholds outside [0, 1], numbers that leave no box, and what is no number."""
        limits = ("iou", "score", "max_candidates", "max_boxes", "power", "sigma")
        require_numbers({name: getattr(self, name) for name in limits})
        require_limits(self.iou, self.score, self.max_candidates, self.max_boxes, self.sigma)
        if self.power is not None and not 0 < self.power < math.inf:
            raise DiptychError(f"a power is above 0, not {self.power}")


@dataclasses.dataclass(frozen=True)
class Detector:
    """The levels in the order of the network's outputs, their rule, and whether anchors stand before cells.

    With s the sigmoid, (i, j) the cell, (a, b) the anchor and k the level's scale, a box has, in pixels of the input:

    * yolov3: centre (k s(x) - (k - 1)/2 + i) stride, size exp(w) a; Darknet's, YOLOv4's too.
    * yolov5: centre (2 s(x) - 1/2 + i) stride, size (2 s(w))^2 a.
    * yolox: centre (x + i) stride, size exp(w) stride; no anchor.
    * efficientdet: centre x a + (i + 1/2) stride, size exp(w) a. The raw maps are those of the classes of all levels,
      then those of the boxes, in the order (y, x, h, w).

    The score of a class is s(object) s(class), of efficientdet s(class). The order of the boxes decides between equal
    scores. A detector with other anchors is one of other levels: `dataclasses.replace(detector, levels=...)`.
    `learning` says which places answer for a box, and what their loss is.
    """

    rule: Rule
    levels: tuple[Level, ...]
    anchors_first: bool = False
    fit: Fit = Fit()
    suppression: Suppression = Suppression()
    learning: Learning | None = None

    def __post_init__(self) -> None:
        """Raise DiptychError for an unknown rule, and levels that are none or do not fit it."""
        if self.rule not in get_args(Rule):
            raise DiptychError(f"a detector's rule is one of {', '.join(get_args(Rule))}, not {self.rule!r}")
        if not self.levels or not all(isinstance(level, Level) for level in self.levels):
            raise DiptychError(f"a detector has one level or more, not {self.levels!r}")
        if self.rule == "yolox" and any(len(level.anchors) != 1 for level in self.levels):
            raise DiptychError("a detector of the rule yolox has one box to a cell and no anchors")
        strides = [level.stride for level in self.levels]
        if self.rule == "efficientdet" and any(b != 2 * a for a, b in itertools.pairwise(strides)):
            raise DiptychError(f"each stride of the rule efficientdet is twice the one before it; they are {strides}")


def leveled(
    rule: Rule,
    *levels: Level,
    anchors_first: bool = False,
    fit: Fit = Fit(),
    suppression: Suppression = Suppression(),
    learning: Learning | None = None,
) -> Detector:
    """A detector of these levels."""
    return Detector(rule, levels, anchors_first, fit, suppression, learning)


class Found(NamedTuple):
    """The boxes that are left of each image, best first, in arrays of a fixed size: what is beyond `count` is padding.

    boxes (N, B, 4) and scores (N, B), padded with 0; classes and places among the boxes given (N, B), padded with -1;
    count (N,). Arrays or tensors, the whole numbers as int64.
    """

    boxes: Any
    scores: Any
    classes: Any
    places: Any
    count: Any


def nothing_found(boxes: Array, most: int) -> Found:
    """An answer of padding alone, of `most` boxes for each image of (N, M, 4), in NumPy."""
    import numpy as np

    batch = len(boxes)
    whole = np.full((batch, most), -1)
    zeros = np.zeros((batch, most), boxes.dtype)
    return Found(np.zeros((batch, most, 4), boxes.dtype), zeros, whole, whole.copy(), np.zeros(batch, np.int64))


_FINE = ((10, 13), (16, 30), (33, 23))
_MIDDLE = ((30, 61), (62, 45), (59, 119))
_COARSE = ((116, 90), (156, 198), (373, 326))
_TINY = ((10, 14), (23, 27), (37, 58), (81, 82), (135, 169), (344, 319))

_DARKNET: dict[str, Any] = {"fit": Fit("stretch"), "suppression": Suppression(iou=0.45), "learning": BestAnchor()}
_GREEDYNMS: dict[str, Any] = {"fit": Fit("stretch"), "suppression": Suppression(iou=0.45, power=0.6)}
_YOLOV5: dict[str, Any] = {
    "fit": Fit("yolov5", pad=114),
    "suppression": Suppression(iou=0.45, max_boxes=300),
    "learning": Ratio(),
}
_YOLOX: dict[str, Any] = {
    "fit": Fit("yolox", pad=114, bgr=True, divisor=1),
    "suppression": Suppression(iou=0.45, best_only=True),
    "learning": SimOTA(),
}

YOLOV3 = leveled("yolov3", Level(32, _COARSE), Level(16, _MIDDLE), Level(8, _FINE), **_DARKNET)
YOLOV3_TINY = leveled("yolov3", Level(32, _TINY[3:]), Level(16, _TINY[:3]), **_DARKNET)
YOLOV4 = leveled(
    "yolov3",
    Level(8, ((12, 16), (19, 36), (40, 28)), 1.2),
    Level(16, ((36, 75), (76, 55), (72, 146)), 1.1),
    Level(32, ((142, 110), (192, 243), (459, 401)), 1.05),
    learning=BestAnchor(match=0.213, overlap="ciou", box=0.07, shared=True),
    **_GREEDYNMS,
)
YOLOV4_TINY = leveled(  # its finer level has anchors 1, 2, 3: not 0, 1, 2
    "yolov3",
    Level(32, _TINY[3:], 1.05),
    Level(16, _TINY[1:4], 1.05),
    learning=BestAnchor(anchors=_TINY, overlap="ciou", box=0.07),
    **_GREEDYNMS,
)
YOLOV5 = leveled("yolov5", Level(8, _FINE), Level(16, _MIDDLE), Level(32, _COARSE), anchors_first=True, **_YOLOV5)
YOLOX = leveled("yolox", Level(8), Level(16), Level(32), **_YOLOX)
