"""Faults behind, before and in steps that no op says: they run as they are, and the layer that differs has a name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import torch
from keras import layers, ops
from porting import ported, scrambled
from torch import nn
from torch.nn import functional

from diptych import DiptychError, compare

SHAPE = (1, 3, 16, 12)


class Turning(nn.Module):
    """Two convolutions with rows turned round between them."""

    def __init__(self, axis: int = 2, relu: bool = True, eps: float = 1e-5) -> None:
        super().__init__()
        self.conv1, self.bn = nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6, eps)
        self.conv2, self.fc = nn.Conv2d(6, 5, 3, 2), nn.Linear(5, 4)
        self.axis, self.relu = axis, relu

    def forward(self, x: Any) -> Any:
        x = torch.nan_to_num(torch.relu(self.bn(self.conv1(x)))).flip(self.axis)
        x = self.conv2(x)
        x = torch.relu(x) if self.relu else x
        return self.fc(x.mean((2, 3)))


def _turning(axis: int = 1, number: float = 0.0) -> keras.Model:
    image = keras.Input((16, 12, 3))
    x = layers.BatchNormalization(epsilon=1e-5, momentum=0.9, name="bn")(layers.Conv2D(6, 3, name="conv1")(image))
    x = ops.flip(ops.nan_to_num(ops.relu(x), nan=number), axis)
    x = layers.Conv2D(5, 3, 2, activation="relu", name="conv2")(x)
    return keras.Model(image, layers.Dense(4, name="fc")(layers.GlobalAveragePooling2D()(x)))


def _pair(module: nn.Module, model: keras.Model) -> tuple[nn.Module, keras.Model]:
    ported(scrambled(module), model)
    return module, model


def _with_bias(layer: str) -> tuple[nn.Module, keras.Model]:
    module, model = _pair(Turning(), _turning())
    variable = model.get_layer(layer).bias
    variable.assign(np.array(variable) + 0.1)
    return module, model


def test_a_right_pair_is_the_same_and_every_node_is_seen() -> None:
    report = compare(*_pair(Turning(), _turning()), example=SHAPE, sizes=[(16, 12)], batches=(1, 2))
    assert report.verdict == "same", str(report)
    assert report.gate("nodes").compared > 15
    assert sum("run as they are" in note for note in report.notes) == 2


FAULTS: dict[str, tuple[Callable[[], Any], str, str]] = {
    "before": (lambda: _pair(Turning(eps=1e-2), _turning()), "bn", "eps, 0.01"),
    "behind": (lambda: _pair(Turning(relu=False), _turning()), "mean", "relu"),
    "in it": (lambda: _pair(Turning(axis=3), _turning()), "flip", "torch flip(x, [3])"),
    "a weight behind": (lambda: _with_bias("conv2"), "conv2", "bias"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_at_its_node(name: str) -> None:
    make, where, words = FAULTS[name]
    found = compare(*make(), example=SHAPE, sizes=[(16, 12)], batches=(1, 2)).gate("nodes")
    assert found.passed is False
    assert (found.where, words in found.detail) == (where, True), found.detail


class Alone(Turning):
    """The same without turning."""

    def forward(self, x: Any) -> Any:
        return self.fc(torch.relu(self.conv2(torch.relu(self.bn(self.conv1(x))))).mean((2, 3)))


def test_a_step_that_one_model_has_alone_is_the_cause() -> None:
    found = compare(*_pair(Alone(), _turning()), example=SHAPE, batches=(1, 2)).gate("nodes")
    assert found.where == "conv2"
    assert "additional, nothing in PyTorch and Keras Flip(x, axis=1)" in found.detail


class Pooled(nn.Module):
    """Four means of a map."""

    def __init__(self, size: int = 2) -> None:
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, 6, 3), nn.Linear(24, 4)

    def forward(self, x: Any) -> Any:
        return self.fc(functional.adaptive_avg_pool2d(torch.relu(self.conv(x)), 2).permute(0, 2, 3, 1).flatten(1))


def _pooled(rows: int = 7) -> keras.Model:
    image = keras.Input((16, 12, 3))
    x = layers.Conv2D(6, 3, activation="relu", name="conv")(image)
    cells = [[ops.mean(x[:, a:b, c:d], (1, 2)) for c, d in ((0, 5), (5, 10))] for a, b in ((0, rows), (rows, 14))]
    x = ops.stack([ops.stack(row, 1) for row in cells], 1)
    return keras.Model(image, layers.Dense(4, name="fc")(layers.Flatten()(x)))


def test_one_op_and_many_functions_that_are_it_are_the_same() -> None:
    report = compare(*_pair(Pooled(), _pooled()), example=SHAPE, batches=(1, 2))
    assert report.verdict == "same", str(report)
    assert report.gate("nodes").passed
    found = compare(*_pair(Pooled(), _pooled(6)), example=SHAPE, batches=(1, 2)).gate("nodes")
    assert found.passed is False
    assert found.where == "adaptive_avg_pool"


class Mirrored(nn.Module):
    """Columns are turned round, convolved and turned back."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x: Any) -> Any:
        return self.conv(x.flip(3)).flip(3).mean((2, 3))


def test_what_other_weights_make_up_for_is_no_difference() -> None:
    image = keras.Input((16, 12, 3))
    model = keras.Model(image, layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3, name="conv")(image)))
    module, model = _pair(Mirrored(), model)
    kernel = model.get_layer("conv").kernel
    kernel.assign(np.array(kernel)[:, ::-1])
    report = compare(module, model, example=SHAPE, batches=(1, 2))
    assert report.verdict == "same", str(report)
    assert "one function, computed otherwise" in report.gate("nodes").detail


class Straight(torch.autograd.Function):
    """A sign whose gradient is that of the number itself."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x.sign()

    @staticmethod
    def backward(ctx: Any, gradient: Any) -> Any:
        return gradient


class Sign(Mirrored):
    """Signs, with a gradient of its own."""

    def forward(self, x: Any) -> Any:
        signs: Any = Straight.apply(self.conv(x))  # type: ignore[no-untyped-call]
        return signs.mean((2, 3))


def test_a_gradient_of_its_own_is_found_by_gradients() -> None:
    image = keras.Input((16, 12, 3))
    model = keras.Model(image, ops.mean(ops.sign(layers.Conv2D(4, 3, name="conv")(image)), (1, 2)))
    report = compare(*_pair(Sign(), model), example=SHAPE, batches=(1, 2))
    assert report.gate("nodes").passed, str(report)
    assert report.gate("gradients").passed is False


class Headed(nn.Module):
    """A classifier with a second head, for training or always."""

    def __init__(self, always: bool) -> None:
        super().__init__()
        self.conv, self.fc, self.aux, self.always = nn.Conv2d(3, 6, 3), nn.Linear(6, 4), nn.Linear(6, 4), always

    def forward(self, x: Any) -> Any:
        x = torch.relu(self.conv(x)).mean((2, 3))
        return (self.fc(x), self.aux(x)) if self.training or self.always else self.fc(x)


def _headed() -> keras.Model:
    image = keras.Input((16, 12, 3))
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(6, 3, activation="relu", name="conv")(image))
    return keras.Model(image, layers.Dense(4, name="fc")(x))


@pytest.mark.parametrize("always", [False, True])
def test_a_head_that_the_first_lacks_keeps_its_weights(always: bool) -> None:
    report = compare(_headed(), scrambled(Headed(always)), example=SHAPE, weights="transfer", batches=(1, 2))
    assert report.gate("nodes").passed, str(report)
    assert any("aux.weight" in note for note in report.notes), report.notes
    assert report.gate("outputs").passed is not always
    if always:
        assert "TensorFlow answers with 1 values and PyTorch with 2" in report.gate("outputs").detail


def test_a_weight_that_is_needed_is_asked_for() -> None:
    class Deeper(Headed):
        """With one more layer on the way to the first head."""

        def forward(self, x: Any) -> Any:
            return self.fc(
                torch.relu(self.conv(x)).mean((2, 3)) + self.aux(torch.relu(self.conv(x)).mean((2, 3))).mean()
            )

    with pytest.raises(DiptychError, match=r"has no weights for aux\.weight"):
        compare(_headed(), scrambled(Deeper(False)), example=SHAPE, weights="transfer")


class Product(nn.Module):
    """A convolution of single places, as a product."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.mix = nn.Conv2d(3, 6, 3), nn.Parameter(torch.randn(4, 6))

    def forward(self, x: Any) -> Any:
        return torch.einsum("nchw,oc->nohw", torch.tanh(self.conv(x)), self.mix).mean((2, 3))


@pytest.mark.parametrize("factor", [1.0, 1.1])
def test_weights_of_a_function_that_runs_as_it_is(factor: float) -> None:
    module: Any = scrambled(Product())
    image = keras.Input((16, 12, 3))
    x = layers.Conv2D(4, 1, use_bias=False, name="mix")(layers.Conv2D(6, 3, activation="tanh", name="conv")(image))
    model = keras.Model(image, layers.GlobalAveragePooling2D()(x))
    ported(module.conv, model, {"": "conv"})
    model.get_layer("mix").kernel.assign(factor * module.mix.detach().numpy().T[None, None])
    report = compare(module, model, example=SHAPE, sizes=[(16, 12)], batches=(1, 2))
    assert report.verdict == ("same" if factor == 1 else "different"), str(report)
    if factor != 1:
        assert report.gate("nodes").where == "mean"


def test_functions_that_pair_by_kind_alone_may_be_put_together_otherwise() -> None:
    class Sums(Mirrored):
        """(2 x + 1) + x * x, in this order."""

        def forward(self, x: Any) -> Any:
            x = self.conv(x)
            return ((x * 2 + 1) + x * x).mean((2, 3))

    image = keras.Input((16, 12, 3))
    x = layers.Conv2D(4, 3, name="conv")(image)
    model = keras.Model(image, layers.GlobalAveragePooling2D()(ops.square(x + 1)))
    module: Any = scrambled(Sums())
    ported(module.conv, model, {"": "conv"})
    report = compare(module, model, example=SHAPE, sizes=[(16, 12)], batches=(1, 2))
    assert report.verdict == "same", str(report)
