"""Where a framework's own optimiser keeps a rule and where it does not, so that a twin is needed, and why."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, Literal

from .optimisers import LAMB, SGD, Adagrad, Adam, Optimiser, RMSprop

FRAMEWORKS = {"torch": "PyTorch", "tf": "Keras"}
OWN = {SGD: "SGD", Adam: "Adam", RMSprop: "RMSprop", Adagrad: "Adagrad", LAMB: "Lamb"}


@dataclass(frozen=True)
class Matched:
    """An optimiser of a framework, the scheduler that is stepped after it (PyTorch's; None in Keras), and whose it is.

    `whose` is one line: the framework's own class, or a twin and which rule it keeps.
    """

    optimiser: Any
    scheduler: Any
    whose: str


def lacking(rule: Optimiser, framework: Literal["torch", "tf"], exact: bool = False) -> list[str]:
    """What the framework's own optimiser does not do of a rule, in words; nothing where it keeps the rule.

    With `exact` its constants are those of float64: Keras rounds its own to float32.

    >>> lacking(SGD(momentum=0.9), "torch"), lacking(SGD(momentum=0.9, weight_decay=0.01), "tf")
    ([], ['a weight decay that enters the momentum'])
    """
    found = list(_of_torch(rule) if framework == "torch" else _of_keras(rule))
    if framework == "tf" and exact and not _short(rule):
        found.append("constants in float64")
    return found


def _of_torch(rule: Optimiser) -> Iterator[str]:
    if isinstance(rule, LAMB):
        yield "a rule that PyTorch lacks"
        return
    decoupled = bool(rule.weight_decay) and rule.decay == "decoupled"
    if isinstance(rule, (SGD, RMSprop)) and rule.momentum and rule.velocity == "inside" and not rule.constant:
        yield "a velocity that keeps the rate of its past"
    if isinstance(rule, Adam) and rule.eps and rule.eps_at == "uncorrected":
        yield "eps beside the uncorrected root"
    if isinstance(rule, (RMSprop, Adagrad)) and rule.eps and rule.eps_at == "inside":
        yield "eps inside the root"
    if isinstance(rule, RMSprop) and rule.first:
        yield f"a mean of squares that begins at {rule.first:g}"
    if decoupled and not isinstance(rule, Adam) and not (isinstance(rule, SGD) and not rule.momentum):
        yield "a weight decay beside the step"


def _of_keras(rule: Optimiser) -> Iterator[str]:
    coupled = bool(rule.weight_decay) and rule.decay == "coupled"
    if isinstance(rule, (SGD, RMSprop)) and rule.momentum and rule.velocity == "outside" and not rule.constant:
        yield "a rate that acts on the whole of the velocity"
    if isinstance(rule, SGD) and rule.momentum and rule.dampening:
        yield "dampening"
    if isinstance(rule, Adam) and rule.eps and rule.eps_at == "corrected":
        yield "eps beside the corrected root"
    if isinstance(rule, (RMSprop, Adagrad)) and rule.eps and rule.eps_at == "outside":
        yield "eps outside the root"
    if isinstance(rule, RMSprop) and rule.first:
        yield f"a mean of squares that begins at {rule.first:g}"
    if isinstance(rule, Adagrad) and rule.rate_decay:
        yield "a rate that falls with the steps"
    if coupled and not (isinstance(rule, SGD) and not rule.momentum):
        yield "a weight decay that enters the momentum" if isinstance(rule, SGD) else "a weight decay in the gradient"
    if rule.clip is not None and rule.clip.eps and rule.clip.over != "value":
        yield "an eps beside the norm when clipping"
    if rule.accumulate > 1 and not rule.constant:
        yield "a schedule that moves once for each update, not for each batch"
    if rule.accumulate > 1 and rule.average is not None:
        yield "an average that moves once for each update, not for each batch"


def _short(rule: Optimiser) -> bool:
    """Whether every constant of a rule is a number of float32."""
    values = [vars(rule)[field.name] for field in fields(rule)]
    values += [rule.average or 0.0, rule.clip.most if rule.clip else 0.0]
    return rule.constant and all(
        struct.unpack("f", struct.pack("f", v))[0] == v for v in values if isinstance(v, float)
    )


def whose(rule: Optimiser, framework: Literal["torch", "tf"], own: str, missing: list[str]) -> str:
    """One line that says what an optimiser is."""
    if not missing:
        return f"{own}, {FRAMEWORKS[framework]}'s own"
    return f"a twin of {type(rule).__name__} in {FRAMEWORKS[framework]}, which keeps {', '.join(missing)}"


@dataclass(frozen=True)
class MatchedLoss:
    """A loss of a framework, as its users call it, and whose it is, in one line."""

    loss: Any
    whose: str
