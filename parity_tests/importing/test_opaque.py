"""For a comparison alone, what no op says runs as it is: the values are the model's own, and nothing is made of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import torch
from keras import layers, ops
from torch import Tensor, nn
from torch.nn import functional

import diptych
from diptych.common import reference
from diptych.common.importing.foreign import Foreign
from diptych.reading import of_framework

SIZE = (14, 10)


class Odd(nn.Module):
    """A convolution, a function, and another convolution."""

    def __init__(self, function: Callable[..., Any], channels: int = 4) -> None:
        super().__init__()
        self.first, self.norm = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)
        self.last, self.function = nn.Conv2d(channels, 2, 3), function
        self.register_buffer("table", torch.linspace(0.5, 2, 4)[:, None, None])

    def forward(self, x: Tensor) -> Any:
        return self.last(self.function(self.norm(self.first(x)), self))


def _written(x: Tensor, net: Any) -> Tensor:
    y = torch.nan_to_num(x)
    return y.cumsum_(1)


def _exchanged(x: Tensor, net: Any) -> Tensor:
    n, c, h, w = x.shape
    return x.transpose(2, 3).reshape(n, c, h, w)


TORCH: dict[str, tuple[Callable[..., Any], str]] = {
    "nan_to_num": (lambda x, net: torch.nan_to_num(x, 0.5), "nan_to_num"),
    "rows backwards": (lambda x, net: x.flip(2), "flip"),
    "a choice by the image": (lambda x, net: torch.where(x > 0.1, x, 0.3 * x), "where"),
    "height and width exchanged": (_exchanged, "reshape"),
    "written in place": (_written, "cumsum"),
    "one of several results": (lambda x, net: x + x.topk(2, 1)[0][:, 1:], "topk"),
    "places of a maximum": (lambda x, net: x + x.max(1, keepdim=True)[1], "max"),
    "mean of the batch": (lambda x, net: x - x.mean(0, keepdim=True), "mean"),
    "images among channels": (lambda x, net: x.reshape(-1, 2, *x.shape[2:]).softmax(1).reshape(x.shape), "softmax"),
    "a buffer": (lambda x, net: x * net.table.flip(0), "mul"),
    "products of matrices": (lambda x, net: x @ x.transpose(2, 3) @ x, "matmul"),
    "statistics of the batch": (
        lambda x, net: functional.batch_norm(x, None, None, net.norm.weight, net.norm.bias, True),
        "other_batch_norm",
    ),
}


def _module(function: Callable[..., Any]) -> nn.Module:
    torch.manual_seed(0)
    return Odd(function).double().eval()


def _read(model: Any, example: Any) -> Any:
    return of_framework(model, example, opaque=True)


@pytest.mark.parametrize("name", TORCH)
def test_a_function_of_pytorch_runs_as_it_is(name: str) -> None:
    function, kind = TORCH[name]
    module = _module(function)
    found = _read(module, torch.zeros(1, 3, *SIZE))
    assert any(isinstance(node.op, Foreign) and kind in node.kind for node in found.net.nodes), found.net.nodes
    assert any("run as they are" in note for note in found.notes)
    for images in (1, 2, 4):
        x = torch.randn(images, 3, *SIZE, dtype=torch.float64)
        with torch.no_grad():
            answer = module(x).numpy()
        (value,) = reference.outputs(found.net, found.weights, x.numpy())
        np.testing.assert_allclose(value, answer, rtol=0, atol=1e-12)
    with pytest.raises(diptych.DiptychError):
        diptych.read(module, torch.zeros(1, 3, *SIZE))


@keras.saving.register_keras_serializable("opaque")
class Twice(layers.Layer):  # type: ignore[misc]
    """A layer of one's own, without weights."""

    def call(self, x: Any) -> Any:
        return ops.flip(x, 1) * 2


def _stacked(x: Any) -> Any:
    rows = ops.stack([ops.mean(x[:, :4], (1, 2)), ops.mean(x[:, 4:], (1, 2))], 1)
    return ops.reshape(rows, (-1, 2, 1, 4))


KERAS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "nan_to_num": (lambda x: ops.nan_to_num(x, 0.5), "nan_to_num"),
    "rows backwards": (lambda x: ops.flip(x, 1), "flip"),
    "a choice by the image": (lambda x: ops.where(x > 0.1, x, 0.3 * x), "where"),
    "constants": (lambda x: ops.einsum("nhwc,ph->npwc", x, ops.convert_to_tensor(np.eye(3, 12))), "einsum"),
    "stacked": (_stacked, "stack"),
    "a layer of one's own": (Twice(dtype="float64"), "flip"),
    "a lambda": (layers.Lambda(lambda x: tf.roll(x, 1, 1), dtype="float64"), "roll"),
    "places exchanged": (lambda x: ops.transpose(x, (0, 2, 1, 3)), "view"),
}


def _model(function: Callable[[Any], Any]) -> keras.Model:
    image = keras.Input((*SIZE, 3), dtype="float64")
    x = function(layers.Conv2D(4, 3, dtype="float64", name="first", bias_initializer="normal")(image))
    return keras.Model(image, layers.Conv2D(2, 1, dtype="float64", name="last")(x))


@pytest.mark.parametrize("name", KERAS)
def test_a_function_of_keras_runs_as_it_is(name: str) -> None:
    keras.utils.set_random_seed(0)
    function, kind = KERAS[name]
    model = _model(function)
    found = _read(model, np.zeros((1, *SIZE, 3)))
    assert any(isinstance(node.op, Foreign) and kind in node.kind for node in found.net.nodes), found.net.nodes
    for images in (1, 2, 4):
        x = np.random.default_rng(0).standard_normal((images, *SIZE, 3))
        answer = np.asarray(model(x)).transpose(0, 3, 1, 2)
        (value,) = reference.outputs(found.net, found.weights, x.transpose(0, 3, 1, 2))
        np.testing.assert_allclose(value, answer, rtol=0, atol=1e-12)
    with pytest.raises(diptych.DiptychError):
        diptych.read(model, np.zeros((1, *SIZE, 3)))


def test_what_has_weights_of_its_own_is_no_step() -> None:
    class Own(layers.Layer):  # type: ignore[misc]
        """A layer of one's own with a weight, which nobody could name."""

        def build(self, shape: Any) -> None:
            self.gammas = [self.add_weight(shape=(shape[-1],))]

        def call(self, x: Any) -> Any:
            return x * self.gammas[0]

    with pytest.raises(diptych.DiptychError, match="a class of"):
        _read(_model(Own(dtype="float64")), np.zeros((1, *SIZE, 3)))


def test_what_writes_into_what_is_seen_in_another_way_is_no_step() -> None:
    def written(x: Tensor, net: Any) -> Tensor:
        part = x[:, :2]
        x.relu_()
        return torch.cat([part, part + 1], 1)

    with pytest.raises(diptych.DiptychError, match="seen in another way"):
        _read(_module(written), torch.zeros(1, 3, *SIZE))


MADE: dict[str, Callable[[Any, Path], Any]] = {
    "built in PyTorch": lambda net, path: diptych.build(net, "torch"),
    "built in Keras": lambda net, path: diptych.build(net, "tf"),
    "source": lambda net, path: diptych.source(net, "tf"),
    "JSON": lambda net, path: net.to_json(),
    "a file": lambda net, path: diptych.save(net, diptych.init(net), path / "net.safetensors"),
    "ONNX": lambda net, path: diptych.export(net, diptych.init(net), path / "net.onnx"),
}


@pytest.mark.parametrize("what", MADE)
def test_nothing_is_made_of_such_a_network(what: str, tmp_path: Path) -> None:
    net = _read(_module(TORCH["rows backwards"][0]), torch.zeros(1, 3, *SIZE)).net
    with pytest.raises(diptych.DiptychError, match="runs as it is in the model that was read"):
        MADE[what](net, tmp_path)
    assert not list(tmp_path.iterdir())


def test_two_functions_are_the_same_that_say_the_same() -> None:
    def of(number: float) -> Any:
        net = _read(_module(lambda x, net: torch.nan_to_num(x, number)), torch.zeros(1, 3, *SIZE)).net
        return next(node.op for node in net.nodes if isinstance(node.op, Foreign))

    assert of(0.5) == of(0.5)
    assert of(0.5) != of(1.5)
    assert "0.5" in str(of(0.5))
