"""A run that was begun in one framework goes on in the other: five steps and five are ten."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import diptych
from diptych import training
from diptych.common.errors import DiptychError
from diptych.common.spec import Array
from diptych.common.training.losses import CrossEntropy
from diptych.common.training.masks import Masks
from diptych.common.training.setting import Natives, Setting
from diptych.training.sides import Side, of_one

DROPS = training.Step(0.05, (3, 7), 0.5)
RULES: dict[str, training.Optimiser] = {
    "sgd": training.SGD(rate=DROPS, momentum=0.9),
    "sgd.keras": training.SGD(rate=0.01, momentum=0.9, velocity="inside", decay="decoupled", weight_decay=0.01),
    "adam": training.Adam(rate=DROPS, amsgrad=True),
    "adamw.keras": training.described("adamw.keras"),
    "rmsprop": training.RMSprop(rate=1e-3, momentum=0.9, centered=True),
    "rmsprop.tf1": training.described("rmsprop.tf1", rate=1e-3),
    "adagrad.keras": training.described("adagrad.keras"),
    "lamb": training.described("lamb"),
}
QUICK = ("sgd", "adam")
NET = diptych.spec("lenet5_modern")


def batch(step: int) -> tuple[Array, list[Array]]:
    random = np.random.default_rng(step)
    labels: Any = random.integers(10, size=2)
    return random.normal(size=(2, 1, 32, 32)), [labels]


def begun(framework: str, rule: training.Optimiser, weights: Any) -> Side:
    return of_one(NET, weights, framework, Setting(rule, CrossEntropy()), Natives(), "float64")


def trained(side: Side, first: int, last: int) -> dict[str, Array]:
    for step in range(first, last):
        side.trainer.step(*batch(step), Masks(0, step))
    return side.shared(side.trainer.weights())


def scheduler(side: Side) -> Any:
    return getattr(side.trainer, "scheduler", None)


@pytest.mark.parametrize("there", ["torch", "tf"])
@pytest.mark.parametrize("name", [n if n in QUICK else pytest.param(n, marks=pytest.mark.slow) for n in RULES])
def test_five_steps_here_and_five_there_are_ten(name: str, there: str) -> None:
    rule, here = RULES[name], "tf" if there == "torch" else "torch"
    start = {key: array.astype(np.float64) for key, array in diptych.init(NET, seed=0).items()}
    one = begun(here, rule, start)
    half = trained(one, 0, 5)
    kept = training.state(one.trainer.optimiser, one.trainer.model, NET, scheduler(one))  # type: ignore[attr-defined]
    other = begun(there, rule, half)
    training.restore(kept, other.trainer.optimiser, other.trainer.model, NET, scheduler(other))  # type: ignore[attr-defined]
    found, wanted = trained(other, 5, 10), trained(one, 5, 10)
    without = trained(begun(there, rule, half), 5, 10)
    gap = max(np.abs(found[key] - wanted[key]).max() / np.abs(wanted[key]).max() for key in wanted)
    lost = max(np.abs(without[key] - wanted[key]).max() / np.abs(wanted[key]).max() for key in wanted)
    assert gap < 1e-8
    assert lost > 1e-5, "the state changes nothing here"


def test_a_state_of_another_rule_or_network_is_refused() -> None:
    module = diptych.build(NET, "torch")
    kept = training.State(3, {"velocity": {"c1.weight": np.zeros((6, 1, 5, 5))}})
    adam = training.optimiser("adam", module).optimiser
    with pytest.raises(DiptychError, match="the state has velocity and no 'mean', which Adam keeps"):
        training.restore(kept, adam, module, NET)
    sgd = training.optimiser("sgd", module).optimiser
    wrong = training.State(3, {"velocity": {"c1.weight": np.zeros((6, 1, 3, 3))}})
    with pytest.raises(DiptychError, match=r"the velocity of c1.weight has the shape"):
        training.restore(wrong, sgd, module, NET)
