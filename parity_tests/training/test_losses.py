"""Every loss and its gradient are the same in NumPy, PyTorch and Keras."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import torch

from diptych.common.errors import DiptychError
from diptych.common.spec import Array
from diptych.common.training.loss_values import value
from diptych.common.training.losses import (
    Binary,
    CrossEntropy,
    Focal,
    Loss,
    MeanSquares,
    checked_targets,
    of_classes,
)
from diptych.training import loss as matched

WEIGHTS = (1.0, 2.0, 4.0, 0.5, 3.0)
LOSSES: dict[str, tuple[Loss, bool, bool]] = {
    "cross-entropy": (CrossEntropy(), True, True),
    "smoothed": (CrossEntropy(label_smoothing=0.1), True, False),
    "weighed": (CrossEntropy(class_weights=WEIGHTS), True, False),
    "smoothed and weighed": (CrossEntropy(label_smoothing=0.1, class_weights=WEIGHTS), True, False),
    "weighed as in Keras": (
        CrossEntropy(label_smoothing=0.1, class_weights=WEIGHTS, weighing="image", mean="batch"), False, False),
    "of probabilities": (CrossEntropy(of="probabilities"), False, False),
    "binary": (Binary(), True, True),
    "binary, smoothed": (Binary(label_smoothing=0.2), False, True),
    "binary, weighed": (Binary(positive_weight=3.0), True, False),
    "focal": (Focal(), False, False),
    "focal, of sigmoids": (Focal(of="sigmoid", alpha=0.3, gamma=1.5), False, False),
    "mean of squares": (MeanSquares(), True, True),
}  # fmt: skip
"""A loss, and whether PyTorch and Keras have their own that says the same."""


def case(loss: Loss) -> tuple[Array, Any]:
    random = np.random.default_rng(0)
    outputs = random.normal(scale=4, size=(16, 5))
    if isinstance(loss, CrossEntropy) and loss.of == "probabilities":
        outputs = np.exp(outputs) / np.exp(outputs).sum(axis=1, keepdims=True)
    if of_classes(loss):
        return outputs, random.integers(5, size=16)
    return outputs, random.normal(size=(16, 5)) if isinstance(loss, MeanSquares) else random.integers(
        2, size=(16, 5)
    ) * 1.0


@pytest.mark.parametrize("name", list(LOSSES))
def test_a_loss_is_the_same_on_all_sides(name: str) -> None:
    loss, in_torch, in_keras = LOSSES[name]
    outputs, targets = case(loss)
    wanted = value(loss, outputs, targets)
    torch_loss, keras_loss = matched(loss, "torch", "float64"), matched(loss, "keras", "float64")
    x = torch.tensor(outputs, requires_grad=True)
    found = torch_loss.loss(x, torch.tensor(targets))
    (slope,) = torch.autograd.grad(found, x)
    y = tf.constant(outputs)
    with tf.GradientTape() as tape:
        tape.watch(y)
        other = keras_loss.loss(tf.constant(targets), y)
    other_slope = tape.gradient(other, y).numpy()
    assert found.item() == pytest.approx(wanted, rel=1e-12)
    assert float(other) == pytest.approx(wanted, rel=1e-12)
    assert np.abs(slope.numpy() - other_slope).max() <= 1e-12 * np.abs(other_slope).max()
    assert ("own" in torch_loss.whose, "own" in keras_loss.whose) == (in_torch, in_keras)
    small, step = np.zeros_like(outputs), 1e-6
    small[3, 2] = step
    numeric = (value(loss, outputs + small, targets) - value(loss, outputs - small, targets)) / (2 * step)
    assert slope[3, 2].item() == pytest.approx(numeric, rel=1e-4, abs=1e-8)


@pytest.mark.parametrize("name", ["smoothed", "focal", "weighed as in Keras"])
def test_a_twin_of_a_loss_trains_with_compile_and_fit(name: str) -> None:
    loss = LOSSES[name][0]
    outputs, targets = case(loss)
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(5)])
    model.compile("sgd", matched(loss, "keras").loss)
    before = model.get_weights()[0].copy()
    history = model.fit(outputs.astype("float32"), targets, batch_size=16, epochs=1, verbose=0)
    fed = (outputs.astype("float32") @ before).astype("float64")
    assert history.history["loss"][0] == pytest.approx(value(loss, fed, targets), rel=1e-4)


def test_tiny_probabilities_are_not_cut_off() -> None:
    """Where Keras's own losses clip at 1e-7 a twin does not."""
    outputs = np.array([[60.0, -20.0], [0.0, 1.0]])
    assert value(CrossEntropy(), outputs, np.array([1, 1])) == pytest.approx(40.1566, rel=1e-4)
    assert float(matched(Focal(), "keras").loss(np.array([1, 1]), tf.constant(outputs, tf.float32))) == pytest.approx(
        value(Focal(), outputs, np.array([1, 1])), rel=1e-5
    )


@pytest.mark.parametrize(
    ("loss", "shape", "targets", "said"),
    [
        (
            CrossEntropy(),
            (3, 4),
            np.array([0, 4, 1]),
            "class 4 is out of range: the network has 4 classes, from 0 to 3",
        ),
        (CrossEntropy(), (3, 4), np.array([0, -1, 1]), "class -1 is out of range"),
        (CrossEntropy(), (3, 4), np.array([0.0, 1.0, 1.0]), "targets are 3 class numbers, got float64"),
        (CrossEntropy(), (3, 4), np.array([0, 1]), "targets are 3 class numbers, got int64 \\(2,\\)"),
        (CrossEntropy(class_weights=(1.0, 2.0)), (3, 4), np.array([0, 1, 1]), "2 class weights for 4 classes"),
        (CrossEntropy(), (3, 4, 5, 5), np.array([0, 1, 1]), "take MeanSquares for maps"),
        (Binary(), (3, 4), np.zeros((3, 2)), "takes targets of the outputs' shape \\(3, 4\\), got \\(3, 2\\)"),
    ],
)
def test_targets_that_do_not_fit_are_refused(loss: Loss, shape: tuple[int, ...], targets: Array, said: str) -> None:
    with pytest.raises(DiptychError, match=said):
        checked_targets(loss, shape, targets)
