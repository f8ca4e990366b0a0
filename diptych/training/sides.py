"""The two sides of a training check: copies in float64 with the same weights, under names that both share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .. import backends
from ..checking.case import SIDES
from ..common.errors import DiptychError
from ..common.spec import Array, Net
from ..common.text import first_few
from ..common.training.optimisers import spared
from ..common.training.setting import Natives, Order, Setting, Trainer
from ..comparing.pair import Pair
from .door import of_framework

Shared = Callable[[Mapping[str, Array]], dict[str, Array]]
LABELS = {"torch": "PyTorch", "tf": "TensorFlow"}


@dataclass
class Side:
    """A model in training, what it is called in a report, and its own arrays under the names that both sides share."""

    label: str
    framework: str
    trainer: Trainer
    shared: Shared


@dataclass(frozen=True)
class Sides:
    """How both sides are made, anew for each experiment; `net` says how many values a normalisation has."""

    make: Callable[[tuple[Setting, Setting], tuple[Natives, Natives], str], tuple[Side, Side]]
    net: Net | None
    name: str
    labels: tuple[str, str]
    notes: tuple[str, ...] = ()
    kinds: tuple[str, str] = SIDES
    settings: Mapping[str, Any] = field(default_factory=dict)


def of_net(net: Net, weights: Mapping[str, Array]) -> Sides:
    """Both builds of a network with the same weights."""

    def make(
        settings: tuple[Setting, Setting], natives: tuple[Natives, Natives], dtype: str = "float64"
    ) -> tuple[Side, Side]:
        return of_one(net, weights, "torch", settings[0], natives[0], dtype), of_one(
            net, weights, "tf", settings[1], natives[1], dtype
        )

    return Sides(make, net, net.name, (LABELS["torch"], LABELS["tf"]))


def of_one(net: Net, weights: Mapping[str, Array], side: str, setting: Setting, natives: Natives, dtype: str) -> Side:
    """A build of a network in one framework, in training."""
    run = of_framework(side, "run")
    lowered = dtype == "bfloat16"
    model = backends.get(side).build(net, weights, "float32" if lowered else dtype)
    if lowered:
        model, _ = run.copied(model, Natives(), "mixed_bfloat16")

    def shared(own: Mapping[str, Array]) -> dict[str, Array]:
        found: dict[str, Array] = run.shared(model, net, own)
        return found

    left = _spared(setting, {name: weight.shape for name, weight in net.weights.items() if weight.kind == "trainable"})
    trainer = run.Trainer(
        model, setting, _own_names(side, model, net, left), natives, run.order_of(model, net), lowered
    )
    return Side(LABELS[side], side, trainer, shared)


def _spared(setting: Setting, shapes: Mapping[str, Sequence[int]]) -> frozenset[str]:
    return spared(setting.rule, {name: tuple(map(int, shape)) for name, shape in shapes.items()})


def _own_names(side: str, model: Any, net: Net, names: frozenset[str]) -> frozenset[str]:
    """The framework's own names of canonical weights."""
    if side == "torch":
        return names
    from ..tf_impl.state import variables

    return frozenset(variable.path for name, _, variable, _ in variables(model, net) if name in names)


def of_pair(pair: Pair, models: Sequence[Any]) -> Sides:
    """Two models that somebody else built, each trained as a copy; raises DiptychError where none can be made."""
    if pair.read is None:
        raise DiptychError(
            f"which weights belong together is not known, so that training proves nothing: {pair.unread}"
        )
    kinds = tuple(side.given.framework for side in pair.both)
    _same_start(pair)

    def make(
        settings: tuple[Setting, Setting], natives: tuple[Natives, Natives], dtype: str = "float64"
    ) -> tuple[Side, Side]:
        made = [_of_model(pair, place, models[place], settings[place], natives[place], dtype) for place in (0, 1)]
        return made[0], made[1]

    labels = pair.one.label, pair.other.label
    return Sides(make, pair.known[0].net, " and ".join(labels), labels, (), (kinds[0], kinds[1]))


def _same_start(pair: Pair) -> None:
    """Raise DiptychError where the two do not begin with the same weights."""
    one, other = pair.known
    both = {n: (pair.as_theirs(n, one.weights[n]), other.weights[theirs]) for n, theirs in pair.weights.items()}
    wrong = [name for name, (mine, theirs) in both.items() if not np.array_equal(mine.ravel(), theirs.ravel())]
    if wrong:
        raise DiptychError(
            f'the models do not begin with the same weights: {first_few(wrong, 4)} differ; give weights="transfer", '
            "which puts those of the first into a copy of the second"
        )


def _of_model(pair: Pair, place: int, model: Any, setting: Setting, natives: Natives, dtype: str) -> Side:
    side = pair.both[place]
    run = of_framework(side.given.framework, "run")
    kept, lowered = list(side.exact.weights().items()), dtype == "bfloat16"
    try:
        copy, own = run.copied(model, natives, "mixed_bfloat16" if lowered else dtype)
        run.hold(copy, [array for _, array in kept])
    except DiptychError:
        raise
    except Exception as error:  # whatever a layer of somebody's own raises
        raise DiptychError(
            f"no copy of {side.label} can be made in {dtype} to be trained: {type(error).__name__}: {error}"
        ) from error
    order = Order(features=_features(pair, place))
    start = run.weights(copy)
    names = dict(zip(start, (name for name, _ in kept), strict=True))
    back = {theirs: mine for mine, theirs in pair.weights.items()}

    def shared(arrays: Mapping[str, Array]) -> dict[str, Array]:
        found = pair.canonical(place, {names[name]: array for name, array in arrays.items()})
        if place == 0:
            return {n: pair.as_theirs(n, a).ravel() for n, a in found.items() if n in pair.weights}
        return {back[n]: a.ravel() for n, a in found.items() if n in back}

    known = pair.known[0].net.weights
    left = _spared(setting, {n: known[n].shape for n in pair.weights if known[n].kind == "trainable"})
    own_left = frozenset(n for n in start if set(shared({n: np.ones_like(start[n])})) & left) if left else left
    trainer: Trainer = run.Trainer(copy, setting, own_left, own, order, lowered)
    return Side(side.label, side.given.framework, trainer, shared)


def _features(pair: Pair, place: int) -> dict[str | int, Array | None]:
    """How a side orders the features that it flattens, by how many there are, of the order that its Net has.

    It is read off the kernels of its linear layers; None where two of them have the same number in another order.
    """
    found: dict[str | int, Array | None] = {}
    back = {theirs: mine for mine, theirs in pair.weights.items()}
    for name, places in pair.places[place].items():
        where = places.array
        if where.ndim != 2 or len(where) < 1:
            continue
        kernel = where if pair.both[place].given.framework == "torch" else where // len(where)
        order = np.argsort(kernel[0], kind="stable")
        columns = pair.columns.get(back.get(name, "")) if place else None
        order = order if columns is None else np.asarray(columns)[order]
        known = found.setdefault(len(order), np.asarray(order, np.float64).astype(np.int64))
        if known is None or not np.array_equal(known, order):
            found[len(order)] = None
    return found


def alone(side: Side) -> list[str]:
    """The trained weights of a side that have no shared name: nothing is known of their partners."""
    whole = side.trainer.weights()
    marks = {name: np.full_like(whole[name], place) for place, name in enumerate(side.trainer.parameters)}
    seen = {float(value) for array in side.shared(marks).values() for value in np.unique(array)}
    return [name for place, name in enumerate(side.trainer.parameters) if float(place) not in seen]


def decays_of(side: Side) -> dict[str, float]:
    """The weight decay of each shared weight that the optimiser of a side has."""
    return shared_numbers(side, side.trainer.decays())


def shared_numbers(side: Side, own: Mapping[str, float]) -> dict[str, float]:
    """Numbers by the names of a side's own weights as those by shared ones."""
    whole = side.trainer.weights()
    filled = side.shared({name: np.full_like(whole[name], value) for name, value in own.items()})
    return {name: float(array.flat[0]) for name, array in filled.items() if array.size}
