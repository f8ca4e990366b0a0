"""The gradients of somebody's own model, held to those of its twins."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import keras
import pytest
import torch
from keras_reading import scramble
from torch import nn

import diptych
from diptych.common.errors import DiptychError

SHAPE = (1, 3, 12, 10)


class Stopped(nn.Module):
    """What is left of the gradient of a convolution that a path is cut off from."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.head = nn.Conv2d(3, 4, 3), nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> Any:
        y = self.conv(x)
        return self.head((y + torch.relu(y).detach()).mean((2, 3)))


class Shared(nn.Module):
    """One convolution under two names and in two calls, and what is written in place."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 3, 3, padding=1)
        self.second = self.first
        self.scale = nn.Parameter(torch.ones(3))

    def forward(self, x: torch.Tensor) -> Any:
        y = self.second(self.first(x.mul_(2)).relu_()) * self.scale[:, None, None]
        return {"map": y, "mean": y.mean((2, 3))}


def model_of_keras() -> keras.Model:
    layers, given = keras.layers, keras.Input((12, 10, 3))
    x = layers.SeparableConv2D(4, 3, strides=2, padding="same", activation="relu")(given)
    x = layers.BatchNormalization(scale=False)(x)
    x = layers.PReLU(shared_axes=[1, 2])(layers.Conv2DTranspose(3, 3, strides=2, padding="same")(x))
    model = keras.Model(given, layers.Dense(2, activation="softmax")(layers.Flatten()(x)))
    scramble(model)
    return model


def test_weights_that_are_one_in_the_module_have_the_sum(tmp_path: Path) -> None:
    done = diptych.convert(Shared(), tmp_path / "out.npz", example=torch.zeros(SHAPE), gradients=True)
    assert "those of the PyTorch module itself in float64" in str(done)
    assert not any("gradients" in what for what in done.not_compared)


def test_a_gradient_that_the_module_stops_is_found(tmp_path: Path) -> None:
    diptych.convert(Stopped(), tmp_path / "out.npz", example=torch.zeros(SHAPE))
    said = "the gradients in PyTorch and those of the PyTorch module itself differ .* at the image"
    with pytest.raises(DiptychError, match=said):
        diptych.convert(Stopped(), tmp_path / "again.npz", example=torch.zeros(SHAPE), gradients=True)
    assert not (tmp_path / "again.npz").exists()


def test_gradients_of_a_keras_model_have_our_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_of_keras()
    done = diptych.convert(model, tmp_path / "out.npz", gradients=True)
    assert "those of the Keras model itself in float64" in str(done)
    home = importlib.import_module("diptych.tf_impl.original")
    found = vars(home)["_slopes"]

    def wrong(*given: Any) -> Any:
        image, own = found(*given)
        return image, [own[0] * 1.0001, *own[1:]]

    monkeypatch.setattr(home, "_slopes", wrong)
    with pytest.raises(DiptychError, match=r"those of the Keras model itself differ .* separable_conv2d"):
        diptych.convert(model, tmp_path / "again.npz", gradients=True)


def test_in_float32_the_gradients_of_the_model_are_not_asked_for(tmp_path: Path) -> None:
    done = diptych.convert(Shared(), tmp_path / "o.npz", example=torch.zeros(SHAPE), gradients=True, check="float32")
    assert any("which was not run in float64" in what for what in done.not_compared)
