"""What large numbers leave of each other is rounding in float64, too, and a fault beside it is found."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import torch
from torch import nn

from diptych.comparing.compare import compare

BIAS = 1e6


def pair(shift: float = 0.0) -> tuple[nn.Module, keras.Model]:
    """A convolution with a bias of a million, which the normalisation after it takes off: 1e-10 of it is left."""
    theirs = nn.Sequential(
        nn.Conv2d(3, 32, 3), nn.BatchNorm2d(32), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10)
    ).double().eval()  # fmt: skip
    parts: list[Any] = list(theirs)
    conv, norm, last = parts[0], parts[1], parts[5]
    with torch.no_grad():
        conv.bias.add_(BIAS)
        norm.running_mean.fill_(BIAS)
    x = inputs = keras.Input((None, None, 3), dtype="float64")
    layers: list[Any] = [
        keras.layers.Conv2D(32, 3, dtype="float64"), keras.layers.BatchNormalization(epsilon=1e-5, dtype="float64"),
        keras.layers.ReLU(dtype="float64"), keras.layers.GlobalAveragePooling2D(dtype="float64"),
        keras.layers.Dense(10, dtype="float64"),
    ]  # fmt: skip
    for layer in layers:
        x = layer(x)
    layers[0].set_weights([conv.weight.detach().numpy().transpose(2, 3, 1, 0), conv.bias.detach().numpy()])
    statistics = [norm.weight, norm.bias, norm.running_mean, norm.running_var]
    layers[1].set_weights([value.detach().numpy() for value in statistics])
    layers[4].set_weights([last.weight.detach().numpy().T, last.bias.detach().numpy() + shift])
    return theirs, keras.Model(inputs, x)


def compared(shift: float = 0.0) -> Any:
    torch.manual_seed(0)
    return compare(*pair(shift), example=np.zeros((1, 3, 17, 19), "float32"), gates=("outputs",))


def test_a_bias_that_is_taken_off_again_is_no_difference() -> None:
    assert compared().verdict == "same", str(compared())


@pytest.mark.parametrize("shift", [1e-3, 1e-6])
def test_a_fault_above_that_rounding_is_found(shift: float) -> None:
    assert compared(shift).verdict == "different"
