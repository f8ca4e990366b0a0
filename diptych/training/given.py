"""What somebody gives for optimiser and loss: a name, a description, or an object of each framework as it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..common.errors import DiptychError
from ..common.spec import Array
from ..common.text import first_few
from ..common.training.losses import (
    Binary,
    CrossEntropy,
    Loss,
    MeanSquares,
    OneHot,
    as_classes,
    drawn_by_class,
    loss_of,
)
from ..common.training.named import optimiser as described
from ..common.training.optimisers import SGD, Optimiser, nearest
from ..common.training.setting import Natives
from .door import of_framework

Data = tuple[Array, Array]
UNKNOWN = SGD()
PLAIN = CrossEntropy()
"""Stands for a loss of which nothing is known: class numbers are drawn, unless the other side takes something else."""
OF_VALUES = ("L1Loss", "SmoothL1Loss", "HuberLoss", "MSELoss", "l1_loss", "smooth_l1_loss", "huber_loss", "mse_loss",
             "Huber", "LogCosh", "MeanAbsoluteError", "MeanSquaredError", "MeanSquaredLogarithmicError", "huber",
             "mean_absolute_error", "mean_squared_error")  # fmt: skip
OF_BITS = ("BCELoss", "BCEWithLogitsLoss", "MultiLabelSoftMarginLoss", "BinaryCrossentropy", "BinaryFocalCrossentropy",
           "binary_cross_entropy", "binary_cross_entropy_with_logits", "binary_crossentropy")  # fmt: skip
OF_ROWS = "CategoricalCrossentropy", "CategoricalFocalCrossentropy", "CategoricalHinge", "categorical_crossentropy"
"""What losses of the frameworks take that no description says: numbers, bits, a class as a row of bits."""


@dataclass(frozen=True)
class Given:
    """Of one side: the rule and the loss that were given or that its objects say, and the objects.

    `known` is whether the rule is what its optimiser says of itself, `loss_known` the same of the loss; `says` is what
    the optimiser is called.
    """

    rule: Optimiser
    loss: Loss = field(default_factory=CrossEntropy)
    natives: Natives = field(default_factory=Natives)
    known: bool = True
    loss_known: bool = True
    says: str = ""


def given_optimiser(optimizer: Any) -> tuple[Given, Given]:
    """The optimisers of both sides; raises DiptychError for what is none.

    Numbers that are the same in float32 are those of the first: Keras keeps no others.
    """
    one, other = _one(_two(optimizer, 0)), _one(_two(optimizer, 1))
    return one, replace(other, rule=nearest(one.rule, other.rule))


def _two(given: Any, place: int) -> Any:
    if isinstance(given, (tuple, list)):
        if len(given) != 2:
            raise DiptychError(f"a pair has one for each side, got {len(given)}")
        return given[place]
    return given


def _one(given: Any) -> Given:
    if isinstance(given, (str, Optimiser)):
        return Given(described(given))
    optimizer, *others = given if isinstance(given, (tuple, list)) and given else [given]
    averages = [item for item in others if hasattr(item, "module")]
    schedulers = [item for item in others if item is not None and not hasattr(item, "module")]
    scheduler, average = (schedulers or [None])[0], (averages or [None])[0]
    if len(schedulers) > 1 or len(averages) > 1:
        raise DiptychError("with an optimizer of PyTorch go one scheduler and one average of the weights, got "
                           f"{first_few([type(item).__name__ for item in others], 4)}")  # fmt: skip
    framework = framework_of(optimizer)
    if not framework or not (hasattr(optimizer, "param_groups") or hasattr(optimizer, "apply_gradients")):
        raise DiptychError(
            "expected the name of an optimiser, a description of one, or an optimizer of torch or Keras, got "
            f"{type(given).__name__}"
        )
    known = of_framework(framework, "known")
    rule = known.rule_of(optimizer, scheduler) if average is None else None
    said = known.beyond(optimizer, scheduler) if average is None else f"{type(average).__name__} of the weights"
    told = frozenset() if rule is None else frozenset({"optimiser"})
    natives = Natives(optimizer, scheduler, average=average, known=told)
    return (
        Given(UNKNOWN, natives=natives, known=False, says=said)
        if rule is None
        else Given(rule, natives=natives, says=said)
    )


def framework_of(item: Any) -> str:
    """The framework, "torch" or "tf", of an optimizer or a loss; "" for neither."""
    homes = {cls.__module__.partition(".")[0] for cls in type(item).__mro__}
    return "torch" if "torch" in homes else "tf" if "keras" in homes else ""


def given_loss(loss: Any, given: Sequence[Given]) -> tuple[Given, Given]:
    """The same with the losses of both sides."""
    one, other = [_with_loss(_two(loss, place), one) for place, one in enumerate(given)]
    return _following(one, other), _following(other, one)


def _following(one: Given, other: Given) -> Given:
    """A side whose loss takes nobody knows what: targets as the other's."""
    if one.loss_known or one.loss is not PLAIN or other.loss is PLAIN:
        return one
    return replace(one, loss=PLAIN if isinstance(other.loss, (CrossEntropy, OneHot)) else other.loss)


def of_rows(given: Given) -> Given:
    """The same side with targets of the outputs' shape, for its own loss as it is; raises where it has none."""
    if given.natives.loss is None:
        raise DiptychError("targets in parts of several classes need losses of your own: loss=(torch_loss, keras_loss)")
    natives = replace(given.natives, known=given.natives.known - {"loss"})
    return replace(given, natives=natives, loss=MeanSquares(), loss_known=False)


def _stands_for(loss: Any) -> Loss:
    """A description that takes targets as a loss does of which no more is known."""
    name = getattr(loss, "__name__", type(loss).__name__)
    if name in OF_VALUES:
        return MeanSquares()
    return Binary() if name in OF_BITS else OneHot() if name in OF_ROWS else PLAIN


def _with_loss(loss: Any, given: Given) -> Given:
    if loss is None:
        return given
    if isinstance(loss, (str, Loss)):
        return replace(given, loss=loss_of(loss))
    if not callable(loss):
        raise DiptychError(
            f"expected the name of a loss, a description of one, or a function, got {type(loss).__name__}"
        )
    framework = framework_of(loss)
    known = of_framework(framework, "known").loss_of(loss) if framework else None
    natives = replace(given.natives, loss=loss, known=given.natives.known | ({"loss"} if known else set()))
    return replace(given, natives=natives, loss=known or _stands_for(loss), loss_known=known is not None)


def check_order(rules: tuple[Given, Given], kinds: Sequence[str], labels: Sequence[str]) -> None:
    """Raise DiptychError for an optimizer of the other framework."""
    for given, kind, label in zip(rules, kinds, labels, strict=True):
        optimizer = given.natives.optimiser
        if optimizer is not None and framework_of(optimizer) != kind:
            raise DiptychError(f"{type(optimizer).__module__}.{type(optimizer).__name__} cannot train {label}: give "
                               "optimizers in the order of the models")  # fmt: skip


def of_data(
    losses: tuple[Given, Given], shapes: Sequence[tuple[int, ...]], data: Data | None
) -> tuple[tuple[Given, Given], Data | None]:
    """Targets that are rows of classes as class numbers, or, in parts of several classes, for losses as they are."""
    if data is None or len(shapes) != 1 or not any(drawn_by_class(item.loss) for item in losses):
        return losses, data
    targets = np.asarray(data[1])
    if targets.ndim != 2 or targets.shape[1:] != tuple(shapes[0][1:]):
        return losses, data
    classes = as_classes(targets)
    return ((losses, (data[0], classes)) if classes.ndim == 1
            else ((of_rows(losses[0]), of_rows(losses[1])), data))  # fmt: skip
