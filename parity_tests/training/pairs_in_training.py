"""A small network written twice, in PyTorch and in Keras, with normalisation, dropout and a flatten."""

from __future__ import annotations

from typing import Any

import keras
import torch
from keras import layers
from torch import nn

from diptych.training.check import train_check
from diptych.training.report import TrainReport

SHAPE = (1, 3, 8, 8)


def in_torch(rate: float = 0.5, share: float = 0.1, norm: type[nn.Module] = nn.BatchNorm2d) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1),
        norm(8, momentum=share),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(rate),
        nn.Linear(128, 16),
        nn.ReLU(),
        nn.Dropout(0.25),
        nn.Linear(16, 5),
    )


def in_keras(rate: float = 0.5, kept: float = 0.9, norm: Any = layers.BatchNormalization) -> keras.Model:
    image = keras.Input((8, 8, 3))
    x = layers.Conv2D(8, 3, padding="same")(image)
    x = norm(momentum=kept, epsilon=1e-5)(x)
    x = layers.MaxPooling2D(2)(layers.ReLU()(x))
    x = layers.Dropout(rate)(layers.Flatten()(x))
    x = layers.Dropout(0.25)(layers.Dense(16, activation="relu")(x))
    return keras.Model(image, layers.Dense(5)(x))


def checked(one: nn.Module | None = None, other: keras.Model | None = None, **how: Any) -> TrainReport:
    """The report of a few steps, with the weights of the module in a copy of the Keras model."""
    models = in_torch() if one is None else one, in_keras() if other is None else other
    given: dict[str, Any] = {"steps": 5, "example": SHAPE, "weights": "transfer"} | how
    return train_check(models, **given)
