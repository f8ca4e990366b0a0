"""Optimisers, schedules, losses, averages and penalties that people give as they stand, of both frameworks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import torch
import torch.nn.functional as F
from keras import layers
from pairs_in_training import checked, in_keras, in_torch
from torch import nn
from torch.optim import lr_scheduler
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

import diptych
from diptych import training
from diptych.common.errors import DiptychError

schedules, optimizers, losses = keras.optimizers.schedules, keras.optimizers, keras.losses
TINY = 1e-30
RANDOM = np.random.default_rng(0)
IMAGES, CLASSES = RANDOM.normal(size=(20, 3, 8, 8)), RANDOM.integers(5, size=20)
ROWS = np.eye(5)[CLASSES]
MIXED = 0.7 * ROWS + 0.3 * ROWS[::-1]


class Own(schedules.LearningRateSchedule):  # type: ignore[misc, name-defined]
    """A schedule that is not registered with Keras, in float32 as people write it."""

    def __call__(self, step: Any) -> Any:
        return 0.1 / (1 + tf.cast(step, tf.float32))


def natives(
    make: Callable[[Any], Any], theirs: Any, scheduler: Callable[[Any], Any] | None = None, **how: Any
) -> dict[str, Any]:
    module = in_torch()
    one = make(module.parameters())
    return {"one": module, "optimizer": ((one, scheduler(one)) if scheduler else one, theirs)} | how


def sgd(**how: Any) -> Callable[[Any], Any]:
    return lambda parameters: torch.optim.SGD(parameters, 0.1, **how)


def regular(l2: float, vectors: bool = True) -> keras.Model:
    """The Keras model with L2 on its kernels, and on biases and normalisation where asked."""
    own = keras.regularizers.L2(l2)
    rest = own if vectors else None
    image = keras.Input((8, 8, 3))
    x = layers.Conv2D(8, 3, padding="same", kernel_regularizer=own, bias_regularizer=rest)(image)
    x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5, beta_regularizer=rest, gamma_regularizer=rest)(x)
    x = layers.Dropout(0.5)(layers.Flatten()(layers.MaxPooling2D(2)(layers.ReLU()(x))))
    x = layers.Dense(16, activation="relu", kernel_regularizer=own, bias_regularizer=rest)(x)
    return keras.Model(image, layers.Dense(5, kernel_regularizer=own, bias_regularizer=rest)(layers.Dropout(0.25)(x)))


def averaged(decay: float, **keras_says: Any) -> dict[str, Any]:
    module = in_torch()
    one = torch.optim.SGD(module.parameters(), 0.1)
    average = AveragedModel(module, multi_avg_fn=get_ema_multi_avg_fn(decay))
    return {"one": module, "optimizer": ((one, average), optimizers.SGD(0.1, use_ema=True, **keras_says))}


class Aux(nn.Module):
    """A head for training alone, as of GoogLeNet."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.aux, self.out = nn.Conv2d(3, 8, 3, padding=1), nn.Linear(8, 5), nn.Linear(512, 5)

    def forward(self, x: torch.Tensor) -> Any:
        x = torch.relu(self.conv(x))
        y = self.out(x.flatten(1))
        return (y, self.aux(x.mean((2, 3)))) if self.training else y


def with_aux(heads: int = 2) -> keras.Model:
    image = keras.Input((8, 8, 3))
    x = layers.Conv2D(8, 3, padding="same", activation="relu")(image)
    outputs = [layers.Dense(5)(layers.Flatten()(x)), layers.Dense(5)(layers.GlobalAveragePooling2D()(x))]
    return keras.Model(image, outputs[:heads] if heads > 1 else outputs[0])


def rounded_functions() -> dict[str, Any]:
    """GELU and a leaky slope: constants that TensorFlow makes float32 by itself."""
    torch.manual_seed(0)
    one = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.GELU(), nn.Flatten(), nn.Linear(144, 8), nn.LeakyReLU(0.1), nn.Linear(8, 5)
    )
    image = keras.Input((8, 8, 3))
    x = layers.Flatten()(layers.Conv2D(4, 3, activation="gelu")(image))
    other = keras.Model(image, layers.Dense(5)(layers.LeakyReLU(negative_slope=0.1)(layers.Dense(8)(x))))
    return {"one": one, "other": other, "steps": 12}


RIGHT: dict[str, Callable[[], dict[str, Any]]] = {
    "a polynomial schedule": lambda: natives(
        sgd(), optimizers.SGD(schedules.PolynomialDecay(0.1, 10, 0.0, power=2.0)),
        lambda one: lr_scheduler.PolynomialLR(one, 10, 2.0)),
    "a schedule of one's own": lambda: natives(
        sgd(), optimizers.SGD(Own()), lambda one: lr_scheduler.LambdaLR(one, lambda step: 1 / (1 + step))),
    "an optimiser without a rule": lambda: natives(
        lambda p: torch.optim.Adamax(p, 1e-3, eps=TINY), optimizers.Adamax(1e-3, epsilon=TINY)),
    "an accumulator that begins at 0.1": lambda: natives(
        lambda p: torch.optim.Adagrad(p, 0.1, initial_accumulator_value=0.1, eps=TINY),
        optimizers.Adagrad(0.1, epsilon=TINY)),
    "a loss that is scaled": lambda: natives(sgd(), optimizers.SGD(0.1, loss_scale_factor=64.0)),
    "decay here and regularizers there": lambda: natives(
        sgd(momentum=0.9, weight_decay=0.1), optimizers.SGD(0.1, momentum=0.9), other=regular(0.05)),
    "an average of the weights": lambda: averaged(0.9, ema_momentum=0.9),
    "rows of classes, smoothed": lambda: {"loss": (
        nn.CrossEntropyLoss(label_smoothing=0.1), losses.CategoricalCrossentropy(True, label_smoothing=0.1))},
    "data in rows": lambda: {"data": (IMAGES, ROWS), "loss": (
        nn.CrossEntropyLoss(), losses.CategoricalCrossentropy(True))},
    "parts of two classes": lambda: {"data": (IMAGES, MIXED), "loss": (
        nn.CrossEntropyLoss(), losses.CategoricalCrossentropy(True))},
    "functions of bits": lambda: {"data": (IMAGES, ROWS), "loss": (
        F.binary_cross_entropy_with_logits, lambda y, p: tf.nn.sigmoid_cross_entropy_with_logits(y, p))},
    "numbers": lambda: {"loss": (nn.HuberLoss(), losses.Huber())},
    "sums": lambda: {"loss": (nn.CrossEntropyLoss(reduction="sum"),
                              losses.SparseCategoricalCrossentropy(True, reduction="sum"))},
    "a function with one number for each image": lambda: {"loss": (F.cross_entropy, lambda y, p:
        tf.nn.sparse_softmax_cross_entropy_with_logits(y, p))},
    "constants of float32": rounded_functions,
}  # fmt: skip
QUICK = ("a schedule of one's own", "decay here and regularizers there", "rows of classes, smoothed",
         "constants of float32")  # fmt: skip


@pytest.mark.parametrize("name", [n if n in QUICK else pytest.param(n, marks=pytest.mark.slow) for n in RIGHT])
def test_what_means_the_same_trains_the_same(name: str) -> None:
    report = checked(**RIGHT[name]())
    assert report.passed, report


def frozen() -> nn.Module:
    module = in_torch()
    for parameter in module[0].parameters():
        parameter.requires_grad_(False)
    return module


def constrained() -> keras.Model:
    model = in_keras()
    model.layers[1].kernel.constraint = keras.constraints.NonNeg()
    return model


def late() -> dict[str, Any]:
    """A warm-up that is one step longer in Keras."""

    def scheduler(one: Any) -> Any:
        rising, falling = lr_scheduler.LinearLR(one, 0.2, 1.0, 3), lr_scheduler.CosineAnnealingLR(one, 10)
        return lr_scheduler.SequentialLR(one, [rising, falling], [3])

    return natives(sgd(), optimizers.SGD(schedules.CosineDecay(0.02, 10, warmup_target=0.1, warmup_steps=4)), scheduler)


def by_image(y: Any, p: Any) -> Any:
    weights = tf.gather(tf.constant([1.0, 2.0, 3.0, 4.0, 5.0], p.dtype), y)
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, p) * weights)


WEIGHED = nn.CrossEntropyLoss(torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0]))
WRONG: dict[str, tuple[Callable[[], dict[str, Any]], str]] = {
    "an average that one side lacks": (
        lambda: natives(sgd(), optimizers.SGD(0.1, use_ema=True, ema_momentum=0.9)),
        "average, None in PyTorch and 0.9"),
    "an average that is put into the weights": (
        lambda: {"optimizer": (training.SGD(rate=0.1, average=0.99), optimizers.SGD(
            0.1, use_ema=True, ema_momentum=0.99, ema_overwrite_frequency=2))}, "ema_overwrite_frequency=2"),
    "an average of one's own with another decay": (
        lambda: averaged(0.9, ema_momentum=0.99), "AveragedModel of the weights"),
    "regularizers of one side alone": (
        lambda: {"other": regular(0.05)}, "L2(0.05), whose gradient is 0.1 of the weight in TensorFlow"),
    "no regularizer of vectors": (
        lambda: natives(sgd(momentum=0.9, weight_decay=0.1), optimizers.SGD(0.1, momentum=0.9),
                        other=regular(0.05, vectors=False)), "weight decay of part_0.bias, part_1.weight"),
    "a schedule that moves with batches": (
        lambda: {"steps": 8, "optimizer": (training.SGD(rate=training.Step(0.1, (2,)), accumulate=2), optimizers.SGD(
            schedules.PiecewiseConstantDecay([1], [0.1, 0.01]), gradient_accumulation_steps=2))}, "the rate in step"),
    "a warm-up that is late": (late, "the rate in step 2 (the rate or its schedule)"),
    "a sum for a mean": (
        lambda: {"loss": (nn.CrossEntropyLoss(), losses.SparseCategoricalCrossentropy(True, reduction="sum"))},
        "the loss: the sum over the batch (reduction) in TensorFlow"),
    "class weights and another mean": (
        lambda: {"loss": (WEIGHED, by_image)}, "the loss: mean 'batch' and not 'weights' in TensorFlow"),
    "smoothing forgotten in a function": (
        lambda: {"loss": (nn.CrossEntropyLoss(label_smoothing=0.1), lambda y, p: tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(y, p)))}, "label_smoothing 0.0 and not 0.1 in TensorFlow"),
    "a head that is left out": (
        lambda: {"one": Aux(), "other": with_aux(1)}, "2 outputs in training in PyTorch and 1 in TensorFlow"),
    "a frozen layer": (
        lambda: {"one": frozen()}, "part_0.weight, part_0.bias frozen in PyTorch and trained in TensorFlow"),
    "a constraint": (lambda: {"other": constrained()}, "the constraint NonNeg of part_0.weight in TensorFlow"),
    "the other way up": (lambda: natives(sgd(maximize=True), optimizers.SGD(0.1)), "SGD with maximize=True"),
}  # fmt: skip
QUICKLY = ("an average that one side lacks", "regularizers of one side alone", "a warm-up that is late",
           "class weights and another mean")  # fmt: skip


@pytest.mark.parametrize("name", [n if n in QUICKLY else pytest.param(n, marks=pytest.mark.slow) for n in WRONG])
def test_what_differs_is_found_and_named(name: str) -> None:
    make, cause = WRONG[name]
    report = checked(**make())
    assert report.verdict == "different", report
    assert cause in report.cause


@pytest.mark.slow
def test_heads_of_training_alone_whose_weights_have_no_partner_cannot_be_told() -> None:
    report = checked(Aux(), with_aux(), heads=(1.0, 0.4))
    assert report.verdict == "cannot tell", report
    assert "are no pair, so that both begin otherwise: aux.weight, aux.bias of PyTorch" in report.unsure[0]


def test_optimizers_in_the_wrong_order_are_refused() -> None:
    module, model = in_torch(), in_keras()
    pair = optimizers.SGD(0.1), torch.optim.SGD(module.parameters(), 0.1)
    with pytest.raises(DiptychError, match="SGD cannot train PyTorch: give optimizers in the order of the models"):
        checked(module, model, optimizer=pair)


def test_a_scheduler_alone_is_refused() -> None:
    scheduler = lr_scheduler.StepLR(torch.optim.SGD(in_torch().parameters(), 0.1), 2)
    with pytest.raises(DiptychError, match="or an optimizer of torch or Keras, got StepLR"):
        checked(optimizer=(scheduler, "sgd"))


def test_a_loss_of_many_numbers_is_refused() -> None:
    with pytest.raises(DiptychError, match=r"the loss of PyTorch is one number, got \(4,\)"):
        checked(loss=(nn.CrossEntropyLoss(reduction="none"), "cross_entropy"))


def test_parts_of_classes_need_losses_that_take_them() -> None:
    with pytest.raises(DiptychError, match="targets in parts of several classes need losses of your own"):
        diptych.train_check((in_torch(), in_keras()), example=(1, 3, 8, 8), weights="transfer", data=(IMAGES, MIXED))


def test_functions_that_hold_the_model_are_refused() -> None:
    """A copy is trained: a penalty of the model's own weights would be one of others."""
    module, model = in_torch(), in_keras()
    weights = list(module.parameters())
    one = torch.optim.SGD(weights, 0.1)

    def penalty(outputs: Any, targets: Any) -> Any:
        return F.cross_entropy(outputs, targets) + sum(p.square().sum() for p in module.parameters())

    with pytest.raises(DiptychError, match="the loss penalty holds the model itself, and a copy is trained"):
        checked(module, model, loss=(penalty, "cross_entropy"))

    def clip(*_: Any) -> None:
        nn.utils.clip_grad_norm_(weights, 0.1)

    one.register_step_pre_hook(clip)
    with pytest.raises(DiptychError, match="the hook clip holds the model itself"):
        checked(module, model, optimizer=(one, "sgd"))
