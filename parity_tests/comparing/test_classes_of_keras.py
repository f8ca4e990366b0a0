"""Keras models of somebody's own classes: copies are made of what they are, not of what their configs say."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import torch
from keras import layers, ops
from porting import scrambled
from torch import nn

from diptych import train_check
from diptych.common.errors import DiptychError
from diptych.comparing.compare import compare
from diptych.comparing.report import Comparison
from diptych.tf_impl.cloned import cloned

SHAPE = (1, 3, 12, 10)


class Encoder(nn.Module):
    """A convolution and its normalisation, twice in a net."""

    def __init__(self, momentum: float = 0.1) -> None:
        super().__init__()
        self.conv, self.bn = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4, momentum=momentum)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.bn(self.conv(x)))


class DropPath(nn.Module):
    """Stochastic depth."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.drop_prob = rate

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training or not self.drop_prob:
            return x
        kept = 1 - self.drop_prob
        return x * (kept + torch.rand(len(x), 1, 1, 1)).floor() / kept


class Net(nn.Module):
    """Two encoders."""

    def __init__(self, momentum: float = 0.01, rate: float = 0.0) -> None:
        super().__init__()
        self.one, self.two, self.drop = Encoder(momentum), Encoder(momentum), DropPath(rate)
        self.fc = nn.Linear(4, 3)

    def forward(self, x: torch.Tensor) -> Any:
        return self.fc((self.one(x) + self.drop(self.two(x))).mean((2, 3)))


class KerasEncoder(keras.Model):  # type: ignore[misc]
    """Its config says nothing of what it was made with, and two of them have layers of one name."""

    def __init__(self, momentum: float = 0.9) -> None:
        super().__init__(name="encoder")
        self.conv = layers.Conv2D(4, 3, name="conv")
        self.bn = layers.BatchNormalization(momentum=momentum, epsilon=1e-5, name="bn")

    def call(self, x: Any, training: bool = False) -> Any:
        return ops.relu(self.bn(self.conv(x), training=training))


class KerasDropPath(layers.Layer):  # type: ignore[misc]
    """Stochastic depth by numbers of float32, which no copy in float64 can multiply with."""

    def __init__(self, rate: float, made_up_for: bool = True) -> None:
        super().__init__()
        self.rate, self.made_up_for = rate, made_up_for
        self.seeds = keras.random.SeedGenerator(1)

    def call(self, x: Any, training: bool = False) -> Any:
        if not training or not self.rate:
            return x
        kept = 1 - self.rate
        drawn = keras.random.uniform((ops.shape(x)[0], 1, 1, 1), seed=self.seeds, dtype="float32")
        return x * ops.floor(kept + drawn) / (kept if self.made_up_for else 1)


class KerasNet(keras.Model):  # type: ignore[misc]
    """The port, with a function that closes over a layer, and layers in a dict."""

    def __init__(self, first: float = 0.99, second: float = 0.99, drop: Any = None) -> None:
        super().__init__()
        self.parts = {"one": KerasEncoder(first), "two": KerasEncoder(second)}
        self.fc = layers.Dense(3)
        self.drop = drop
        self.head: Any = lambda x: self.fc(ops.mean(x, axis=(1, 2)))

    def call(self, x: Any, training: bool = False) -> Any:
        y = self.parts["two"](x, training=training)
        y = y if self.drop is None else self.drop(y, training=training)
        return self.head(self.parts["one"](x, training=training) + y)


def port(*given: Any) -> keras.Model:
    model = KerasNet(*given)
    model(np.zeros((1, 12, 10, 3), np.float32))
    return model


def held(model: Any, rate: float = 0.0) -> Comparison:
    return compare(scrambled(Net(rate=rate)), model, example=SHAPE, weights="transfer", batches=(3,), sizes=[(12, 10)])


def test_a_copy_is_of_what_the_model_is() -> None:
    model = port(0.98, 0.97)
    copy: Any = cloned(model, "float64")
    assert [v.path for v in copy.weights] == [v.path for v in model.weights]
    assert not {id(v) for v in copy.variables} & {id(v) for v in model.variables}
    assert (copy.parts["one"].bn.momentum, copy.parts["two"].bn.momentum) == (0.98, 0.97)
    copy.fc.kernel.assign(copy.fc.kernel * 0)
    images = np.ones((2, 12, 10, 3))
    assert np.array_equal(np.array(copy(images)), np.broadcast_to(np.array(copy.fc.bias), (2, 3)))
    assert np.ptp(np.array(model(images)), 1).all()
    assert copy(images).dtype == "float64"


def test_arguments_that_no_config_has_make_no_difference() -> None:
    report = held(port())
    assert report.verdict == "same", str(report)
    assert report.gate("training").compared > 12


@pytest.mark.parametrize(
    ("given", "where"), [pytest.param((0.9, 0.99), "one.bn", marks=pytest.mark.slow), ((0.99, 0.9), "two.bn")]
)
def test_a_momentum_is_found_in_either_of_two_parts_of_one_name(given: Any, where: str) -> None:
    report = held(port(*given))
    assert report.verdict == "different"
    assert where in report.where
    assert "momentum, 0.01 in PyTorch and 0.1" in str(report)


@pytest.mark.slow
def test_training_compares_the_weights_of_such_a_class() -> None:
    pair = scrambled(Net()), port()
    report = train_check(pair, 2, example=SHAPE, weights="transfer")
    assert report.verdict == "same"
    assert report.gates[0].compared > 40
    other = scrambled(Net()), port(0.99, 0.9)
    assert "momentum of two.bn" in train_check(other, 2, example=SHAPE, weights="transfer").cause


@pytest.mark.parametrize(
    ("rate", "drop", "gate", "cause"),
    [
        (0.2, KerasDropPath(0.2), "", ""),
        pytest.param(0.2, KerasDropPath(0.3), "dropout", "stochastic depth", marks=pytest.mark.slow),
        (0.2, None, "dropout", "none in TensorFlow"),
        pytest.param(0.2, KerasDropPath(0.2, made_up_for=False), "training", "by chance", marks=pytest.mark.slow),
    ],
    ids=["the same", "another rate", "none", "not made up for"],
)
def test_stochastic_depth_of_ones_own(rate: float, drop: Any, gate: str, cause: str) -> None:
    report = held(port(0.99, 0.99, drop), rate)
    failed = next((item for item in report.gates if item.passed is False), None)
    assert (report.verdict, failed.name if failed else "") == ("different" if gate else "same", gate), str(report)
    assert cause in str(report.cause)


class Noisy(layers.Layer):  # type: ignore[misc]
    """It makes numbers of float32 in training, whatever it is given."""

    def call(self, x: Any, training: bool = False) -> Any:
        return x * ops.ones((1,), "float32") if training else x


@pytest.mark.slow
def test_code_that_stays_in_float32_is_trained_in_its_own_dtype() -> None:
    report = held(port(0.99, 0.99, Noisy()))
    assert report.verdict == "same", str(report)
    assert any("in its own dtype" in note for note in report.notes)
    assert held(port(0.99, 0.9, Noisy())).verdict == "different"


class Adding(layers.Layer):  # type: ignore[misc]
    """It hands on what it is given, and adds a loss."""

    def call(self, x: Any) -> Any:
        self.add_loss(0.01 * ops.mean(x**2))
        return x


def penalised(a: Any = None, b: Any = None, bound: Any = None, last: Any = None) -> keras.Model:
    keras.utils.set_random_seed(0)
    image = keras.Input((8, 6, 3))
    x = layers.Conv2D(4, 3, activation="relu", kernel_regularizer=a, kernel_constraint=bound)(image)
    x = layers.Conv2D(4, 3, kernel_regularizer=b)(x)
    x = x if last is None else last(x)
    return keras.Model(image, layers.Dense(3)(layers.GlobalAveragePooling2D()(x)))


L2, MaxNorm = keras.regularizers.L2, keras.constraints.MaxNorm


@pytest.mark.parametrize(
    ("one", "other", "cause"),
    [
        ((L2(1e-4),), (L2(1e-4),), ""),
        ((L2(1e-4),), (L2(1e-2),), "L2(l2=0.01)"),
        ((L2(1e-4),), (None, L2(1e-4)), "none in the second"),
        ((None, None, MaxNorm(2)), (None, None, MaxNorm(3)), "max_value=3"),
        ((), (None, None, None, Adding()), "add_loss"),
    ],
    ids=["the same", "another number", "another weight", "another bound", "a loss added by code"],
)
def test_penalties_are_held_by_their_numbers_and_places(one: Any, other: Any, cause: str) -> None:
    report = compare(penalised(*one), penalised(*other), weights="as-is", batches=(3,), sizes=[(8, 6)])
    assert report.verdict == ("different" if cause else "same"), str(report)
    assert cause in str(report.cause)


def test_a_class_that_has_no_weights_yet_is_called_with_an_image_of_the_example() -> None:
    report = held(KerasNet)
    assert report.verdict == "same", str(report)


class OfTensorFlow(keras.Model):  # type: ignore[misc]
    """The port with functions of TensorFlow between layers that are all of Keras."""

    def __init__(self, slope: float = 0.0) -> None:
        super().__init__()
        self.convs = [layers.Conv2D(4, 3, name="conv") for _ in range(2)]
        self.norms = [layers.BatchNormalization(momentum=0.99, epsilon=1e-5, name="bn") for _ in range(2)]
        self.fc, self.slope = layers.Dense(3), slope

    def call(self, x: Any, training: bool = False) -> Any:
        one, two = (tf.nn.leaky_relu(norm(conv(x), training=training), self.slope)
                    for conv, norm in zip(self.convs, self.norms, strict=True))  # fmt: skip
        return self.fc(tf.reduce_mean(one + two, axis=[1, 2]))


@pytest.mark.parametrize(("slope", "verdict"), [(0.0, "same"), (0.1, "different")])
def test_functions_of_tensorflow_between_layers_are_read(slope: float, verdict: str) -> None:
    report = held(lambda: OfTensorFlow(slope))
    assert report.verdict == verdict, str(report)


class Failing(KerasNet):
    def call(self, x: Any, training: bool = False) -> Any:
        raise ValueError("no such image")


def test_a_class_whose_first_call_fails_is_one_sentence() -> None:
    with pytest.raises(DiptychError, match=r"Failing has no weights yet, and its first call, .* ValueError: .*no such"):
        held(Failing)


def test_a_compiled_model_is_noted_since_its_loss_is_not_compared() -> None:
    one, other = penalised(), penalised()
    other.compile(optimizer="adam", loss="mse")
    report = compare(one, other, weights="as-is", batches=(3,), sizes=[(8, 6)], gates=["outputs"])
    (note,) = (note for note in report.notes if "compiled" in note)
    assert note.startswith("the second TensorFlow model was compiled")
    assert "train_check" in note
