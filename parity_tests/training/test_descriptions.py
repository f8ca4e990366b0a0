"""Descriptions of training: what they refuse, as data and back, and what `diptych.training` makes for a model."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import torch
from test_rules import VARIANTS

from diptych import training
from diptych.common.errors import DiptychError
from diptych.common.training.data import as_data, from_data
from diptych.common.training.optimisers import spared

WRONG: Any = "beside"
NUMBER: Any = 3
REFUSED: list[tuple[Callable[[], Any], str]] = [
    (lambda: training.SGD(rate=-0.1), "rate of SGD is above 0, got -0.1"),
    (lambda: training.SGD(rate=float("nan")), "rate of SGD is a finite number, got nan"),
    (lambda: training.SGD(momentum=1.0), "momentum of SGD is below 1"),
    (lambda: training.SGD(nesterov=True), "Nesterov's momentum needs a momentum, and no dampening"),
    (lambda: training.SGD(velocity=WRONG), "velocity of SGD is 'outside' or 'inside', got 'beside'"),
    (lambda: training.Adam(beta2=1.5), "beta2 of Adam is below 1"),
    (lambda: training.Adam(eps=-1.0), "eps of Adam is 0 or more"),
    (lambda: training.SGD(accumulate=0), "accumulate is a number of batches from 1 on, got 0"),
    (lambda: training.SGD(average=1.0), "average is a decay from 0 to below 1, got 1.0"),
    (lambda: training.Clip(0.0), "most of Clip is above 0"),
    (lambda: training.Step(0.1, (5, 3)), "milestones are steps from 1 on in rising order"),
    (lambda: training.WarmUp(0.1, 5, then=training.Constant(0.2)), "begins at the rate it ends at, 0.1, not 0.2"),
    (lambda: training.WarmUp(0.1, 5, power=0), "power of WarmUp is above 0, got 0"),
    (lambda: training.CrossEntropy(label_smoothing=1.0), "label smoothing is from 0 to below 1"),
    (lambda: training.CrossEntropy(class_weights=(1.0, -1.0)), "class weights are numbers of 0 or more"),
    (lambda: training.described("sdg"), "there is no optimiser 'sdg'; did you mean 'sgd'"),
    (lambda: training.described("sgd", beta1=0.9), "SGD has no 'beta1'; it has rate"),
    (lambda: training.described(NUMBER), "expected the name of an optimiser or a description of one, got int"),
    (lambda: training.loss("crossentropy", "torch"), "there is no loss 'crossentropy'; did you mean 'cross_entropy'"),
    (lambda: training.optimiser("sgd", torch.nn.ReLU()), "the model has no weight that is trained"),
    (lambda: spared(training.SGD(exclude=("gamma",)), {"a.weight": (3,)}), "no weight is called like 'gamma'"),
    (lambda: from_data({"kind": "SDG"}), "there is no description of the kind 'SDG'"),
]


@pytest.mark.parametrize(("made", "said"), REFUSED)
def test_what_makes_no_sense_is_refused_in_one_sentence(made: Callable[[], Any], said: str) -> None:
    with pytest.raises(DiptychError, match=said):
        made()


@pytest.mark.parametrize("name", list(VARIANTS))
def test_a_description_is_data_and_back(name: str) -> None:
    assert from_data(json.loads(json.dumps(as_data(VARIANTS[name])))) == VARIANTS[name]


def test_an_optimiser_is_made_for_the_weights_that_a_model_trains() -> None:
    module = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.Conv2d(4, 2, 1))
    module[2].requires_grad_(False)
    rule = training.Adam(weight_decay=0.1, decay="decoupled", exclude=("vectors",), rate=training.Step(0.1, (3,)))
    made = training.optimiser(rule, module)
    assert made.whose == "torch.optim.AdamW, PyTorch's own"
    assert [(len(group["params"]), group["weight_decay"]) for group in made.optimiser.param_groups] == [
        (1, 0.1),
        (3, 0),
    ]
    assert [made.scheduler.lr_lambdas[0](step) for step in (0, 2, 3)] == pytest.approx([1, 1, 0.1])


def test_a_twin_in_keras_is_compiled_saved_and_read_again(tmp_path: Any) -> None:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4), keras.layers.Dense(2)])
    made = training.optimiser(training.Adam(rate=training.Step(0.01, (2,)), weight_decay=0.1), model)
    assert made.whose.startswith("a twin of Adam in Keras, which keeps eps beside the corrected root, a weight decay")
    model.compile(made.optimiser, "mse")
    x, y = np.random.default_rng(0).normal(size=(2, 8, 4))
    model.fit(x[:, :3], y[:, :2], epochs=2, verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert again.optimizer.rule == made.optimiser.rule
    for one in (model, again):
        one.fit(x[:, :3], y[:, :2], epochs=1, verbose=0, shuffle=False)
    for a, b in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)


def test_plain_schedules_of_keras_say_the_same() -> None:
    from diptych.tf_impl.training.rates import Rate, own

    cases = {
        "Step": (training.Step(0.1, (3, 7), 0.5), "PiecewiseConstantDecay"),
        "Exponential": (training.Exponential(0.1, 0.5, 4), "ExponentialDecay"),
        "Cosine": (training.Cosine(0.1, 8, 0.01), "CosineDecay"),
        "WarmUp": (training.WarmUp(0.1, 4, 0.01, training.Cosine(0.1, 8)), "CosineDecay"),
        "rising": (training.Cosine(0.1, 8, after="rise"), "Rate"),
        "WarmUp alone": (training.WarmUp(0.1, 4, 0.01), "Rate"),
        "WarmUp by squares": (training.WarmUp(0.1, 4, 0.01, training.Cosine(0.1, 8), power=2), "Rate"),
    }
    for schedule, kind in cases.values():
        made, exact = own(schedule), Rate(schedule)
        assert type(made).__name__ == kind
        for step in range(16):
            assert float(made(step)) == pytest.approx(schedule.at(step), rel=2e-6, abs=1e-9)
            assert float(exact(step)) == pytest.approx(schedule.at(step), rel=1e-14, abs=1e-17)
