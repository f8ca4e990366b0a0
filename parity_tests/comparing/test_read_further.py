"""Styles that could not be read: functions of TensorFlow in layers, tokens, cut transposed convolutions, buffers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import torch
from keras import layers, ops
from porting import ported, scrambled
from their_more_pairs import Writing
from torch import nn
from torch.nn import functional

from diptych import compare
from diptych.common.comparing.remedies import KERAS, TORCH

SHAPE = (1, 3, 12, 8)
QUICK: dict[str, Any] = {"example": SHAPE, "sizes": [(12, 8)], "batches": (1, 2)}
Given = tuple[Any, Any]


class Padded(layers.Layer):  # type: ignore[misc]
    """A layer with functions of TensorFlow, which Keras refuses on a symbol."""

    def __init__(self, slope: float, **more: Any) -> None:
        super().__init__(**more)
        self.slope = slope
        self.conv = layers.Conv2D(4, 3, 2, name="conv")

    def call(self, x: Any) -> Any:
        x = tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]])
        return tf.reduce_mean(tf.nn.leaky_relu(self.conv(x), alpha=self.slope), axis=[1, 2])


def of_tensorflow(slope: float = 0.2) -> Given:
    image = keras.Input((12, 8, 3))
    model = keras.Model(image, layers.Dense(3, name="fc")(Padded(slope)(image)))
    module = Writing(lambda s, x: s.fc(functional.leaky_relu(s.conv(x), 0.2).mean((2, 3))),
                     conv=nn.Conv2d(3, 4, 3, 2, 1), fc=nn.Linear(4, 3))  # fmt: skip
    return made(module, model)


def made(module: nn.Module, model: keras.Model) -> Given:
    ported(scrambled(module), model)
    return module, model


def _attention(s: Any, x: torch.Tensor) -> Any:
    x = s.p(x).flatten(2).transpose(1, 2)
    q, k, v = (f(x).reshape(len(x), 6, 2, 3).permute(0, 2, 1, 3) for f in (s.q, s.k, s.v))
    y = ((q @ k.transpose(-2, -1) * 0.5).softmax(-1) @ v).transpose(1, 2).reshape(len(x), 6, 6)
    return s.fc((x + s.o(y)).mean(1))


def of_tokens(scale: float = 0.5) -> Given:
    image = keras.Input((12, 8, 3))
    x = layers.Reshape((-1, 6))(layers.Conv2D(6, 4, 4, name="p")(image))
    q, k, v = (ops.transpose(ops.reshape(layers.Dense(6, name=n)(x), (-1, 6, 2, 3)), (0, 2, 1, 3)) for n in "qkv")
    w = ops.softmax(ops.matmul(q, ops.transpose(k, (0, 1, 3, 2))) * scale, axis=-1)
    y = ops.reshape(ops.transpose(ops.matmul(w, v), (0, 2, 1, 3)), (-1, 6, 6))
    y = ops.mean(x + layers.Dense(6, name="o")(y), axis=1)
    model = keras.Model(image, layers.Dense(3, name="fc")(y))
    parts = {name: nn.Linear(6, 6) for name in "qkvo"}
    return made(Writing(_attention, p=nn.Conv2d(3, 6, 4, 4), **parts, fc=nn.Linear(6, 3)), model)


def cut(cropping: Any = ((1, 0), (1, 0))) -> Given:
    image = keras.Input((12, 8, 3))
    x = layers.Cropping2D(cropping)(layers.Conv2DTranspose(4, 3, 2, name="up")(image))
    model = keras.Model(image, layers.Conv2D(2, 1, name="last")(layers.ReLU()(x)))
    up = nn.ConvTranspose2d(3, 4, 3, 2, 1, output_padding=1)
    return made(Writing(lambda s, x: s.last(s.up(x).relu()), up=up, last=nn.Conv2d(4, 2, 1)), model)


class Standard(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1))
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x: Any) -> Any:
        return self.conv((x / 255 - self.mean) / self.std)


def of_buffers(mean: float = 0.456) -> Given:
    image = keras.Input((12, 8, 3))
    x = (layers.Rescaling(1 / 255)(image) - np.array([0.485, mean, 0.406])) / np.array([0.229, 0.224, 0.225])
    return made(Standard(), keras.Model(image, layers.Conv2D(4, 3, name="conv")(x)))


class Gate(layers.Layer):  # type: ignore[misc]
    def call(self, x: Any) -> Any:
        return x * 0.5 * x


def of_one_name() -> Given:
    """A product inside a layer beside one between layers: Keras calls both `multiply`."""
    image = keras.Input((12, 8, 3))
    x = layers.Conv2D(4, 3, name="conv")(image)
    model = keras.Model(image, layers.Conv2D(2, 1, name="last")(Gate()(x) * 2.0))
    module = Writing(lambda s, x: (lambda y: s.last(y * 0.5 * y * 2))(s.conv(x)), conv=nn.Conv2d(3, 4, 3),
                     last=nn.Conv2d(4, 2, 1))  # fmt: skip
    return made(module, model)


def of_a_closure() -> Given:
    held = object()  # which no config can say
    image = keras.Input((12, 8, 3))
    x = layers.Lambda(lambda x, held=held: tf.nn.relu(x) if held else x)(layers.Conv2D(4, 3, name="conv")(image))
    return made(Writing(lambda s, x: s.conv(x).relu(), conv=nn.Conv2d(3, 4, 3)), keras.Model(image, x))


RIGHT = (of_tensorflow, of_tokens, cut, of_buffers, of_one_name, of_a_closure)


@pytest.mark.parametrize("make", RIGHT, ids=lambda make: make.__name__)
def test_every_node_of_a_right_pair_is_seen(make: Callable[[], Given]) -> None:
    report = compare(*make(), **QUICK, gates=["nodes", "parameters"])
    assert report.verdict == "same", str(report)
    assert report.gate("nodes").compared > 0, str(report)


FAULTS: dict[str, tuple[Callable[[], Given], str, str]] = {
    "a slope": (lambda: of_tensorflow(0.3), "leaky_relu", "slope, 0.2"),
    "a scale of attention": (lambda: of_tokens(3**-0.5), "rescale", "factor, 0.5"),
    "what is cut off": (lambda: cut(((0, 1), (0, 1))), "up", "Cropping2D((1, 1))"),
    "a mean": (lambda: of_buffers(0.46), "channel_offset", "offsets"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_at_its_node(name: str) -> None:
    make, where, words = FAULTS[name]
    found = compare(*make(), **QUICK, gates=["nodes"]).gate("nodes")
    assert found.passed is False
    assert (found.where, words in found.detail) == (where, True), found.detail


def test_pads_of_two_numbers_are_said_in_both_frameworks() -> None:
    assert KERAS["pads"]((1, 0)) == 'padding="valid", before Cropping2D((1, 0)),'
    assert TORCH["pads"]((1, 0)) == "padding=(1, 0)"


def test_a_constraint_that_one_model_alone_has_is_found() -> None:
    image = keras.Input((12, 8, 3))
    bound = keras.constraints.MaxNorm(2.0)
    model = keras.Model(image, layers.Conv2D(4, 3, name="conv", kernel_constraint=bound)(image))
    module, model = made(Writing(lambda s, x: s.conv(x), conv=nn.Conv2d(3, 4, 3)), model)
    found = compare(module, model, **QUICK, gates=["parameters"]).gate("parameters")
    assert (found.passed, found.where) == (False, "conv/kernel")
    assert "MaxNorm" in found.detail


def test_what_code_does_with_a_gradient_is_found() -> None:
    image = keras.Input((12, 8, 3))
    model = keras.Model(image, layers.Conv2D(4, 3, name="conv")(image))
    module, model = made(Writing(lambda s, x: s.conv(x), conv=nn.Conv2d(3, 4, 3)), model)
    module.conv.weight.register_hook(lambda gradient: gradient * 2)
    found = compare(module, model, **QUICK, gates=["gradients"]).gate("gradients")
    assert (found.passed, found.where) == (False, "gradient of conv.weight")


class Reader(keras.Model):  # type: ignore[misc]
    """Decides by the numbers of an image, so that it cannot be read."""

    def __init__(self, inner: keras.Model) -> None:
        super().__init__()
        self.inner = inner

    def call(self, x: Any) -> Any:
        return self.inner(x * 2 if bool(tf.reduce_sum(x) < -1e30) else x)


@pytest.mark.parametrize("function", ["gelu", "elu"])
def test_what_a_scale_of_zero_hides_is_found_by_gradients(function: str) -> None:
    image = keras.Input((12, 8, 3))
    y = layers.Conv2D(4, 3, padding="same", activation=function, name="a")(image)
    y = layers.BatchNormalization(epsilon=1e-5, momentum=0.9, name="b")(layers.Conv2D(3, 1, name="c")(y))
    inner = keras.Model(image, image + y)
    parts = {"a": nn.Conv2d(3, 4, 3, padding=1), "c": nn.Conv2d(4, 3, 1), "b": nn.BatchNorm2d(3)}
    module = scrambled(Writing(lambda s, x: x + s.b(s.c(functional.gelu(s.a(x)))), **parts))
    nn.init.zeros_(module.b.weight)  # type: ignore[union-attr, arg-type]
    ported(module, inner)
    model = Reader(inner)
    model(np.zeros((1, 12, 8, 3), np.float32))
    report = compare(module, model, **QUICK)
    assert report.gate("outputs").passed is True, str(report)
    assert report.verdict == ("same" if function == "gelu" else "different"), str(report)
