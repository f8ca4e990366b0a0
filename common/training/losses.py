"""Losses as data; `loss_values` computes what they mean.

A network's outputs are (N, classes), logits unless the loss says otherwise; targets are class numbers (N,), or numbers
of the shape of the outputs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from ..detection.checks import require_learning
from ..detection.detector import Detector
from ..detection.learning import checked_labels
from ..errors import DiptychError
from ..spec import Array, near
from .rates import among, positive


def _smoothing(value: float) -> None:
    if not 0 <= value < 1:
        raise DiptychError(f"label smoothing is from 0 to below 1, got {value}")


@dataclass(frozen=True, kw_only=True)
class Loss:
    """What all losses share: `by_class` is whether a target is a class number, `joint` whether it takes all outputs."""

    by_class: ClassVar[bool] = False
    joint: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True)
class CrossEntropy(Loss):
    """Cross-entropy of class numbers; the target is `1 - label_smoothing`, plus `label_smoothing / classes` everywhere.

    `class_weights` are one number for each class. They weigh each "class" of the smoothed target (PyTorch) or each
    "image" by its label (Keras's sample_weight), and the sum is divided by the "weights" of the labels (PyTorch) or by
    the "batch" (Keras). `of` says what the network answers with: logits, or probabilities after its own softmax.
    """

    label_smoothing: float = 0.0
    class_weights: tuple[float, ...] | None = None
    weighing: Literal["class", "image"] = "class"
    mean: Literal["weights", "batch"] = "weights"
    of: Literal["logits", "probabilities"] = "logits"
    by_class: ClassVar[bool] = True

    def __post_init__(self) -> None:
        _smoothing(self.label_smoothing)
        if self.class_weights is not None:
            object.__setattr__(self, "class_weights", tuple(map(float, self.class_weights)))
            if not self.class_weights or not all(math.isfinite(w) and w >= 0 for w in self.class_weights):
                raise DiptychError(
                    f"class weights are numbers of 0 or more, one for each class, got {self.class_weights}"
                )
        among(self, "weighing", ("class", "image"))
        among(self, "mean", ("weights", "batch"))
        among(self, "of", ("logits", "probabilities"))


@dataclass(frozen=True, kw_only=True)
class Binary(Loss):
    """Binary cross-entropy of every output for itself, the mean over all.

    A target y is `y (1 - a) + a / 2` with label smoothing a (which Keras alone has as an argument);
    `positive_weight` multiplies the part of y (which PyTorch alone has: pos_weight).
    """

    label_smoothing: float = 0.0
    positive_weight: float = 1.0

    def __post_init__(self) -> None:
        _smoothing(self.label_smoothing)
        positive(self, "positive_weight")


@dataclass(frozen=True, kw_only=True)
class Focal(Loss):
    """Focal loss, https://arxiv.org/abs/1708.02002: cross-entropy times `(1 - p)**gamma`, p the target's probability.

    Of a "softmax" it takes class numbers, `alpha` multiplies the whole (Keras's CategoricalFocalCrossentropy), and it
    is the mean over images. Of a "sigmoid" every output stands for itself, with alpha for 1 and 1 - alpha for 0
    (torchvision's sigmoid_focal_loss), and it is the mean over all outputs.
    """

    gamma: float = 2.0
    alpha: float = 0.25
    of: Literal["softmax", "sigmoid"] = "softmax"

    def __post_init__(self) -> None:
        positive(self, "gamma", "alpha", zero=True)
        among(self, "of", ("softmax", "sigmoid"))

    @property
    def takes_classes(self) -> bool:
        """Whether its targets are class numbers."""
        return self.of == "softmax"


@dataclass(frozen=True, kw_only=True)
class MeanSquares(Loss):
    """The mean of the squares of all differences, of outputs of any shape."""


@dataclass(frozen=True, kw_only=True)
class DetectionLoss(Loss):
    """How a detector learns: the loss of all its raw maps and of labels (N, G, 5), by its `learning`.

    A label is a class and the corners of a box in pixels of the network's input, with class -1 where an image has fewer
    boxes than G; `common.detection.learning` has the rules, and `padded_labels`, which makes such an array.
    """

    detector: Detector
    joint: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Raise DiptychError for what is no detector and for one that does not say how it learns."""
        if not isinstance(self.detector, Detector):
            raise DiptychError(f"a DetectionLoss has a Detector, got {type(self.detector).__name__}")
        require_learning(self.detector)


@dataclass(frozen=True, kw_only=True)
class OneHot(Loss):
    """A function that somebody gave and that takes a class as a row of zeros and a one; its meaning is not known."""


LOSSES: Mapping[str, Loss] = {
    "cross_entropy": CrossEntropy(),
    "binary": Binary(),
    "focal": Focal(),
    "focal.sigmoid": Focal(of="sigmoid"),
    "mean_squares": MeanSquares(),
}


def loss_of(name: str | Loss) -> Loss:
    """The loss of a name, or the loss itself; raises DiptychError for anything else."""
    if isinstance(name, Loss):
        return name
    if not isinstance(name, str) or name not in LOSSES:
        raise DiptychError(f"there is no loss {name!r}; {near(str(name), list(LOSSES))}")
    return LOSSES[name]


def of_classes(loss: Loss) -> bool:
    """Whether the targets of a loss are class numbers."""
    return loss.takes_classes if isinstance(loss, Focal) else loss.by_class


def drawn_by_class(loss: Loss) -> bool:
    """Whether its targets begin as class numbers."""
    return of_classes(loss) or isinstance(loss, OneHot)


def as_rows(targets: Array, classes: int) -> Array:
    """Class numbers as rows of zeros and a one."""
    rows: Array = np.eye(classes)[targets]
    return rows


def as_classes(targets: Array) -> Array:
    """Rows of zeros and a one as class numbers; anything else as it is."""
    rows = targets.ndim == 2 and np.isin(targets, (0, 1)).all() and (targets.sum(axis=1) == 1).all()
    return np.asarray(targets.argmax(axis=1)) if rows else targets


def joint_targets(loss: DetectionLoss, shapes: Sequence[Sequence[int]], size: Sequence[int], targets: Array) -> Array:
    """Labels that fit raw maps of these shapes (N, C, H, W) and images of (height, width).

    Raises DiptychError for others, and for outputs that are no maps of the detector.
    """
    levels = loss.detector.levels
    channels = {len(shape) == 4 and shape[1] / len(level.anchors) for shape, level in zip(shapes, levels, strict=False)}
    apart = loss.detector.rule == "efficientdet"
    if len(shapes) != len(levels) * (2 if apart else 1) or len(channels) != 1 or False in channels:
        raise DiptychError(
            f"a DetectionLoss takes the raw maps of its detector, of {len(levels)} levels; the outputs are "
            f"{', '.join(str(tuple(shape)) for shape in shapes)}"
        )
    classes = int(channels.pop()) - (0 if apart else 5)
    return checked_labels(targets, int(shapes[0][0]), (int(size[0]), int(size[1])), classes)


def checked_targets(loss: Loss, shape: Sequence[int], targets: Array) -> Array:
    """Targets that fit outputs of this shape; raises DiptychError for others, such as a class out of range.

    What the frameworks do with a class out of range is no answer: PyTorch raises, TensorFlow gives NaN or 0.
    """
    found = np.asarray(targets)
    if not drawn_by_class(loss):
        if found.shape != tuple(shape):
            raise DiptychError(
                f"{type(loss).__name__} takes targets of the outputs' shape {tuple(shape)}, got {found.shape}"
            )
        return found.astype(np.float64)
    if len(shape) != 2:
        raise DiptychError(
            f"{type(loss).__name__} takes outputs (N, classes), and the network's are {tuple(shape)}; take MeanSquares "
            "for maps"
        )
    if found.shape != (shape[0],) or not np.issubdtype(found.dtype, np.integer):
        raise DiptychError(f"targets are {shape[0]} class numbers, got {found.dtype} {found.shape}")
    classes = int(shape[1])
    if len(found) and (found.min() < 0 or found.max() >= classes):
        wrong = next(int(label) for label in found if not 0 <= label < classes)
        raise DiptychError(f"class {wrong} is out of range: the network has {classes} classes, from 0 to {classes - 1}")
    weights = getattr(loss, "class_weights", None)
    if weights is not None and len(weights) != classes:
        raise DiptychError(f"{len(weights)} class weights for {classes} classes")
    return found.astype(np.int64)
