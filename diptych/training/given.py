"""What somebody gives for optimiser and loss: a name, a description, or an object of each framework as it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..common.errors import DiptychError
from ..common.training.losses import CrossEntropy, Loss, loss_of
from ..common.training.named import optimiser as described
from ..common.training.optimisers import SGD, Optimiser, nearest
from ..common.training.setting import Natives
from .door import of_framework

UNKNOWN = SGD()


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
    optimizer, scheduler = given if isinstance(given, (tuple, list)) and len(given) == 2 else (given, None)
    framework = _framework(optimizer)
    if not framework:
        raise DiptychError(
            "expected the name of an optimiser, a description of one, or an optimizer of torch or Keras, got "
            f"{type(given).__name__}"
        )
    rule = of_framework(framework, "known").rule_of(optimizer, scheduler)
    said = type(optimizer).__name__
    natives = Natives(optimizer, scheduler, known=frozenset() if rule is None else frozenset({"optimiser"}))
    return (
        Given(UNKNOWN, natives=natives, known=False, says=said)
        if rule is None
        else Given(rule, natives=natives, says=said)
    )


def _framework(item: Any) -> str:
    homes = {cls.__module__.partition(".")[0] for cls in type(item).__mro__}
    return "torch" if "torch" in homes else "tf" if "keras" in homes else ""


def given_loss(loss: Any, given: Sequence[Given]) -> tuple[Given, Given]:
    """The same with the losses of both sides."""
    found = [_with_loss(_two(loss, place), one) for place, one in enumerate(given)]
    return found[0], found[1]


def _with_loss(loss: Any, given: Given) -> Given:
    if loss is None:
        return given
    if isinstance(loss, (str, Loss)):
        return replace(given, loss=loss_of(loss))
    if not callable(loss):
        raise DiptychError(
            f"expected the name of a loss, a description of one, or a function, got {type(loss).__name__}"
        )
    framework = _framework(loss)
    known = of_framework(framework, "known").loss_of(loss) if framework else None
    natives = replace(given.natives, loss=loss, known=given.natives.known | ({"loss"} if known else set()))
    return replace(given, natives=natives, loss=known or CrossEntropy(), loss_known=known is not None)
