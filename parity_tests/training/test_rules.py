"""Every optimiser makes the same twenty updates in NumPy, PyTorch and Keras, its own or a twin."""

from __future__ import annotations

from dataclasses import replace

import pytest
from trajectories import Problem, apart, meant, of_keras, of_torch

from diptych.common.training.clipping import Clip
from diptych.common.training.matched import lacking
from diptych.common.training.named import OPTIMISERS
from diptych.common.training.optimisers import LAMB, SGD, Adagrad, Adam, Optimiser, RMSprop
from diptych.common.training.rates import Cosine, Exponential, Step, WarmUp

TOLERANCE = 1e-12
DROPS = Step(0.1, (7, 14), 0.1)
WARM = WarmUp(0.1, 5, 0.01, Cosine(0.1, 10, 0.001))
VARIANTS: dict[str, Optimiser] = {
    **OPTIMISERS,
    "sgd, the rate drops": SGD(momentum=0.9, rate=DROPS),
    "sgd.keras, the rate drops": replace(OPTIMISERS["sgd.keras"], rate=DROPS),
    "nesterov, the rate drops": SGD(momentum=0.9, nesterov=True, rate=DROPS),
    "sgd, warmed by squares": SGD(momentum=0.9, rate=WarmUp(0.1, 5, 0.01, power=2)),
    "sgd, coupled, biases spared": SGD(momentum=0.9, weight_decay=0.1, exclude=("vectors",)),
    "sgd, decoupled": SGD(momentum=0.9, weight_decay=0.1, decay="decoupled", rate=WARM),
    "sgd, dampening": SGD(momentum=0.9, dampening=0.3),
    "sgd, exponential": SGD(rate=Exponential(0.1, 0.5, 4)),
    "sgd, staircase": SGD(momentum=0.5, rate=Exponential(0.1, 0.5, 4, staircase=True)),
    "sgd, cosine that rises": SGD(rate=Cosine(0.1, 8, after="rise")),
    "adam, coupled": Adam(rate=0.1, weight_decay=0.1, exclude=("bias",)),
    "adam, amsgrad": Adam(rate=DROPS, amsgrad=True),
    "adam.keras, amsgrad": Adam(rate=0.1, amsgrad=True, eps_at="uncorrected", eps=1e-3),
    "adamw, warm-up": Adam(rate=WARM, weight_decay=0.1, decay="decoupled", exclude=("vectors",)),
    "rmsprop, centred": RMSprop(centered=True, momentum=0.9, rate=DROPS),
    "rmsprop.keras, centred": RMSprop(centered=True, momentum=0.9, eps_at="inside", velocity="inside", rate=DROPS),
    "rmsprop.tf1, decayed": replace(OPTIMISERS["rmsprop.tf1"], weight_decay=0.1),
    "adagrad, the rate falls": Adagrad(rate=0.1, rate_decay=0.1, first=0.1),
    "adagrad, coupled": Adagrad(rate=0.1, weight_decay=0.1),
    "lamb, warm-up": LAMB(rate=WARM, weight_decay=0.1, exclude=("vectors",)),
    "clipped by the norm of all": SGD(rate=0.1, clip=Clip(0.5)),
    "clipped by the norm of each": SGD(rate=0.1, momentum=0.9, clip=Clip(0.5, "each", 0.0)),
    "clipped by value": Adam(rate=0.1, clip=Clip(0.5, "value")),
    "accumulated and averaged": SGD(rate=DROPS, momentum=0.9, accumulate=3, average=0.9),
    "averaged": Adam(rate=0.1, average=0.5),
}


@pytest.mark.parametrize("name", list(VARIANTS))
def test_a_rule_is_the_same_in_numpy_pytorch_and_keras(name: str) -> None:
    rule, problem = VARIANTS[name], Problem()
    wanted, averages = meant(rule, problem)
    assert apart(wanted, problem.start) > 1e-3, "nothing was trained"
    torch_weights, _ = of_torch(rule, problem)
    keras_weights, keras_averages, _ = of_keras(rule, problem)
    assert apart(torch_weights, wanted) <= TOLERANCE
    assert apart(keras_weights, wanted) <= TOLERANCE
    assert not averages or apart(keras_averages, averages) <= TOLERANCE


@pytest.mark.parametrize("name", ["adam", "adam.keras", "rmsprop", "rmsprop.keras", "adagrad", "adagrad.keras"])
def test_where_eps_stands_is_kept_with_tiny_gradients(name: str) -> None:
    rule, problem = OPTIMISERS[name], Problem(size=1e-6)
    wanted, _ = meant(rule, problem)
    assert apart(of_torch(rule, problem)[0], wanted) <= TOLERANCE
    assert apart(of_keras(rule, problem)[0], wanted) <= TOLERANCE


FIELDS: list[tuple[str, Optimiser, Optimiser]] = [
    ("velocity", SGD(momentum=0.9, rate=DROPS), SGD(momentum=0.9, rate=DROPS, velocity="inside")),
    ("decay", SGD(momentum=0.9, weight_decay=0.1), SGD(momentum=0.9, weight_decay=0.1, decay="decoupled")),
    ("decay", Adam(weight_decay=0.1), Adam(weight_decay=0.1, decay="decoupled")),
    ("decay", LAMB(weight_decay=0.1), LAMB(weight_decay=0.1, decay="decoupled")),
    ("exclude", Adam(weight_decay=0.1), Adam(weight_decay=0.1, exclude=("vectors",))),
    ("dampening", SGD(momentum=0.9), SGD(momentum=0.9, dampening=0.1)),
    ("eps_at", Adam(eps=0.1), Adam(eps=0.1, eps_at="uncorrected")),
    ("eps_at", RMSprop(eps=1e-3), RMSprop(eps=1e-3, eps_at="inside")),
    ("eps_at", Adagrad(eps=1e-3), Adagrad(eps=1e-3, eps_at="inside")),
    ("first", RMSprop(), RMSprop(first=1.0)),
    ("first", Adagrad(), Adagrad(first=0.1)),
    ("velocity", RMSprop(momentum=0.9, rate=DROPS), RMSprop(momentum=0.9, rate=DROPS, velocity="inside")),
    ("amsgrad", Adam(), Adam(amsgrad=True)),
    ("clip", SGD(rate=0.1, clip=Clip(0.5)), SGD(rate=0.1, clip=Clip(0.5, "each"))),
    ("accumulate", SGD(rate=0.1), SGD(rate=0.1, accumulate=2)),
]


@pytest.mark.parametrize(("field", "one", "other"), FIELDS)
def test_every_field_can_be_seen(field: str, one: Optimiser, other: Optimiser) -> None:
    assert getattr(one, field) != getattr(other, field)
    assert apart(meant(one, Problem())[0], meant(other, Problem())[0]) > 1e-7


def test_the_frameworks_own_optimisers_are_taken_where_they_keep_the_rule() -> None:
    own = {name: tuple(not lacking(rule, side) for side in ("torch", "tf")) for name, rule in OPTIMISERS.items()}
    assert own == {
        "sgd": (True, True),
        "sgd.keras": (True, True),
        "nesterov": (True, True),
        "nesterov.keras": (True, True),
        "adam": (True, False),
        "adam.keras": (False, True),
        "adamw": (True, False),
        "adamw.keras": (False, True),
        "rmsprop": (True, False),
        "rmsprop.keras": (False, True),
        "rmsprop.tf1": (False, False),
        "adagrad": (True, False),
        "adagrad.keras": (False, True),
        "lamb": (False, True),
        "lamb.paper": (False, False),
    }


@pytest.mark.parametrize("name", [name for name, rule in OPTIMISERS.items() if not lacking(rule, "tf")])
def test_keras_own_keep_the_rule_but_for_constants_in_float32(name: str) -> None:
    rule, problem = OPTIMISERS[name], Problem()
    found, _, whose = of_keras(rule, problem, exact=False)
    assert "Keras's own" in whose
    assert 0 < apart(found, meant(rule, problem)[0]) < 1e-5
