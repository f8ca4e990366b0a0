"""Training checks of networks and of pairs: what trains the same passes, whatever is chosen."""

from __future__ import annotations

import json
from typing import Any

import keras
import numpy as np
import pytest
import torch
from pairs_in_training import checked, in_keras, in_torch
from torch import nn

import diptych
from diptych import training
from diptych.common.errors import DiptychError
from diptych.common.training.named import OPTIMISERS
from diptych.training import smaller

SMOOTH = training.CrossEntropy(label_smoothing=0.1, class_weights=(1, 2, 3, 4, 5))
CHOICES: dict[str, dict[str, Any]] = {
    "as it comes": {},
    "frozen": {"frozen_norms": True},
    "unbiased": {"variance": "unbiased"},
    "biased": {"variance": "biased", "optimizer": "adam"},
    "smoothed and weighed": {"loss": SMOOTH, "optimizer": "nesterov.keras"},
    "focal": {"loss": "focal", "optimizer": "rmsprop.tf1"},
    "binary": {"loss": "binary", "optimizer": "adagrad"},
    "accumulated": {
        "optimizer": training.SGD(
            rate=training.WarmUp(0.1, 2, 0.01, training.Cosine(0.1, 4)), momentum=0.9, accumulate=2, average=0.9,
            clip=training.Clip(0.1), weight_decay=0.01, exclude=("vectors",))},
}  # fmt: skip


SLOW = ("unbiased", "smoothed and weighed", "focal", "binary")


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n in SLOW else n for n in CHOICES])
def test_a_pair_trains_the_same(name: str) -> None:
    report = checked(**CHOICES[name])
    assert report.passed, report
    (gate,) = report.gates
    assert gate.name == "training_steps"
    assert gate.measured is not None
    assert gate.measured < 1e-9
    assert gate.compared >= 5 * 17
    assert len(report.losses[0]) == len(report.losses[1]) == 5
    assert report.listed == (() if name == "frozen" else ("part_0.bias",))
    noted = any("by the factor n / (n - 1) alone" in note for note in report.notes)
    assert noted == (name not in ("frozen", "unbiased", "biased"))


def test_objects_of_both_frameworks_that_mean_the_same_train_the_same() -> None:
    module = in_torch()
    optimisers = torch.optim.SGD(module.parameters(), 1 / 3, momentum=0.9), keras.optimizers.SGD(1 / 3, momentum=0.9)
    losses = nn.CrossEntropyLoss(), keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    report = checked(module, optimizer=optimisers, loss=losses)
    assert report.passed, report
    assert report.whose[1].startswith("SGD as it was given, its constants in float64; SparseCategoricalCrossentropy as")
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items()), "a model was changed"
    assert not optimisers[0].state


def test_a_registered_network_trains_the_same_for_twenty_steps() -> None:
    report = diptych.train_check("lenet5_modern", optimizer="adam", batch=2)
    assert report.passed, report
    assert report.cases == ("20 of 20 steps, batches of 2",)
    data = json.loads(json.dumps(report.to_dict()))
    assert data["verdict"] == "same"
    assert len(data["losses"][1]) == 20


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", list(OPTIMISERS))
def test_lenet_trains_the_same_with_every_optimiser(optimizer: str) -> None:
    report = diptych.train_check("lenet5_modern", optimizer=optimizer)
    assert report.passed, report


@pytest.mark.slow
@pytest.mark.parametrize(("name", "options"), [("resnet18", {"num_classes": 4, "input_size": (64, 48)}),
                                               ("googlenet", {"num_classes": 4, "input_size": (64, 64)})])  # fmt: skip
def test_a_network_with_normalisation_or_with_several_heads_trains_the_same(name: str, options: dict[str, Any]) -> None:
    report = diptych.train_check(name, steps=5, options=options)
    assert report.passed, report


def test_images_and_labels_of_ones_own() -> None:
    random = np.random.default_rng(0)
    report = checked(data=(random.normal(size=(6, 3, 8, 8)), np.arange(6) % 5), batch=4, steps=2)
    assert report.passed, report


def test_bfloat16_is_held_to_its_own_rounding() -> None:
    report = checked(precision="bfloat16")
    assert report.passed, report
    assert all(1e-4 < noise < 0.5 for noise in report.noise.values())
    wrong = checked(precision="bfloat16", optimizer=(training.SGD(rate=0.01), training.SGD(rate=0.02)))
    assert not wrong.passed


def test_rounding_that_grows_is_no_difference() -> None:
    """A rate that makes of the least difference a large one: nobody can tell."""
    report = checked(steps=12, optimizer=training.Adam(rate=0.9, eps=1e-30))
    assert report.verdict in ("cannot tell", "same"), report
    if report.verdict == "cannot tell":
        assert "rounding alone may have grown so far" in report.unsure[0]


def test_training_that_diverges_in_both_is_tried_at_a_smaller_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(OPTIMISERS, "wild", training.SGD(rate=1e300))
    monkeypatch.setattr(smaller, "SMALLER", (1e-302,))
    report = checked(steps=3, optimizer="wild")
    assert report.passed, report
    assert report.notes[:2] == ("trained at a rate of 0.01", "at a rate of 1e+300: the loss is nan at step 2 in both")
    monkeypatch.setattr(smaller, "SMALLER", (0.5,))
    with pytest.raises(DiptychError, match="the loss is nan at step 2 in both; take a smaller rate, or other images"):
        checked(steps=3, optimizer="wild")


@pytest.mark.slow
def test_where_rounding_grows_a_smaller_rate_tells() -> None:
    """At 0.01, the rate of "sgd", this network makes 1e-8 of 1e-16 in some steps; a rate that was chosen is kept."""
    report = diptych.train_check("mobilenet_v1_025")
    assert report.passed, report
    assert not report.rounded
    assert report.notes[0] == "trained at a rate of 0.0001"
    assert report.notes[1].startswith("at a rate of 0.01: rounding alone may have grown so far")
    chosen = diptych.train_check("mobilenet_v1_025", optimizer=training.described("sgd"))
    assert chosen.verdict == "cannot tell"
    assert chosen.rounded


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"steps": 0}, "steps is a number from 1 on, got 0"),
    ({"batch": 1.5}, "batch is a number from 1 on, got 1.5"),
    ({"optimizer": "sdg"}, "there is no optimiser 'sdg'"),
    ({"optimizer": ("sgd", "sgd", "sgd")}, "a pair has one for each side, got 3"),
    ({"optimizer": 3}, "expected the name of an optimiser, a description of one, or an optimizer of torch or Keras"),
    ({"loss": 3}, "expected the name of a loss, a description of one, or a function, got int"),
    ({"heads": (1.0, 2.0)}, "2 weights of heads were given, and the model has 1 outputs"),
    ({"heads": (float("nan"),)}, "the weights of heads are finite numbers"),
    ({"variance": "both"}, 'variance is "own", "unbiased" or "biased"'),
    ({"precision": "float16"}, 'precision is "float64" or "bfloat16"'),
    ({"loss": training.CrossEntropy(class_weights=(1.0, 2.0))}, "2 class weights for 5 classes"),
    ({"optimizer": training.SGD(weight_decay=0.1, exclude=("gamma",))}, "no weight is called like 'gamma'"),
    ({"optimizer": training.SGD(rate=1e300)}, "the loss is nan at step 2 in both"),
    ({"data": (np.zeros((4, 3, 8, 8)), np.array([0, 1, 2, 5]))}, "class 5 is out of range"),
    ({"data": (np.zeros((4, 3, 8, 8)), np.zeros(3, int))}, "4 images were given, and targets for 3"),
    ({"data": (np.full((4, 3, 8, 8), np.nan), np.zeros(4, int))}, "the images have NaN or infinite numbers"),
    ({"weights": "as-is"}, "the models do not begin with the same weights"),
]


@pytest.mark.parametrize(("how", "said"), REFUSED)
def test_bad_input_is_one_sentence(how: dict[str, Any], said: str) -> None:
    with pytest.raises(DiptychError, match=said):
        checked(**how)


def test_one_value_of_a_channel_is_refused_with_what_keras_makes_of_it() -> None:
    one = nn.Sequential(nn.Conv2d(3, 4, 8), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4, 3))
    image = keras.Input((8, 8, 3))
    x = keras.layers.BatchNormalization(epsilon=1e-5, momentum=0.9)(keras.layers.Conv2D(4, 8)(image))
    other = keras.Model(image, keras.layers.Dense(3)(keras.layers.Flatten()(x)))
    with pytest.raises(DiptychError, match="of which Keras makes 0: take batches of two images or more"):
        checked(one, other, batch=1)


def test_a_module_that_is_no_pair_is_refused() -> None:
    with pytest.raises(DiptychError, match="expected a Net, the name of a network or a pair of models, got Sequential"):
        diptych.train_check(in_torch())  # type: ignore[arg-type]
    with pytest.raises(DiptychError, match="there is no network"):
        diptych.train_check("resnet19")
    with pytest.raises(DiptychError):
        diptych.train_check((in_torch(), in_keras(), 3), example=(1, 3, 8, 8))  # type: ignore[arg-type]


class Versioned(nn.BatchNorm2d):
    """It asks for its version when it is loaded, as torchvision's MNASNet does."""

    def _load_from_state_dict(self, state: Any, prefix: str, metadata: Any, *rest: Any) -> None:
        if metadata.get("version") is None:
            raise ValueError("version should be set to 1 or 2 instead of None")
        super()._load_from_state_dict(state, prefix, metadata, *rest)


def test_a_module_that_asks_for_its_version_is_trained() -> None:
    report = checked(in_torch(norm=Versioned), steps=1)
    assert report.passed, report


def test_matched_objects_that_clip_are_taken_as_they_are() -> None:
    rule = training.SGD(rate=training.Step(0.1, (2,)), momentum=0.9, clip=training.Clip(0.1))
    module, model = in_torch(), in_keras()
    one, other = training.optimiser(rule, module), training.optimiser(rule, model)
    report = checked(module, model, optimizer=((one.optimiser, one.scheduler), other.optimiser))
    assert report.passed, report
    assert "as it was given" in report.whose[0]
