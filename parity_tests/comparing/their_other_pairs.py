"""More right pairs: a PyTorch module and a Keras model that are one function, each in a style."""

from __future__ import annotations

from typing import Any

import keras
import torch
from keras import layers, ops
from their_pairs import Given, Plain, made, pair
from torch import nn
from torch.nn import functional


class Shared(nn.Module):
    """One layer that is called twice."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3, padding=1)
        self.again = nn.Conv2d(4, 4, 3, padding=1)

    def forward(self, x: torch.Tensor) -> Any:
        x = self.again(functional.gelu(self.first(x)))
        return self.again(functional.silu(x)).mean((2, 3))


@pair
def a_shared_layer() -> Given:
    image, again = keras.Input((16, 12, 3)), layers.Conv2D(4, 3, padding="same", name="again")
    x = again(layers.Conv2D(4, 3, padding="same", activation="gelu", name="first")(image))
    return made(Shared(), keras.Model(image, layers.GlobalAveragePooling2D()(again(layers.Activation("swish")(x)))))


class Up(nn.Module):
    """Down and up again."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.Conv2d(3, 4, 3, padding=1)
        self.deep = nn.Conv2d(4, 6, 3, padding=1)
        self.up = nn.ConvTranspose2d(6, 4, 2, 2)
        self.last = nn.Conv2d(8 + 6, 2, 1)

    def forward(self, x: torch.Tensor) -> Any:
        a = functional.relu(self.down(x))
        b = functional.relu(self.deep(functional.max_pool2d(a, 2)))
        near = functional.interpolate(b, scale_factor=2, mode="nearest")
        return torch.sigmoid(self.last(torch.cat([a, self.up(b), near], 1)))


@pair
def up_again() -> Given:
    image = keras.Input((16, 12, 3))
    a = layers.Conv2D(4, 3, padding="same", activation="relu", name="down")(image)
    b = layers.Conv2D(6, 3, padding="same", activation="relu", name="deep")(layers.MaxPooling2D()(a))
    x = layers.Concatenate()([a, layers.Conv2DTranspose(4, 2, 2, name="up")(b), layers.UpSampling2D(2)(b)])
    return made(Up(), keras.Model(image, layers.Conv2D(2, 1, activation="sigmoid", name="last")(x)))


@pair
def pixels_are_scaled_inside() -> Given:
    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)

        def forward(self, x: torch.Tensor) -> Any:
            return self.conv(x / 255.0 - 0.5)

    image = keras.Input((16, 12, 3))
    return made(
        Scaled(), keras.Model(image, layers.Conv2D(4, 3, name="conv")(layers.Rescaling(1 / 255.0, -0.5)(image)))
    )


@pair
def a_pool_that_rounds_up() -> Given:
    module = nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True))
    image = keras.Input((16, 12, 3))
    x = layers.Conv2D(4, 1, activation="relu", name="conv")(image)
    x = layers.MaxPooling2D(3, 2)(layers.ZeroPadding2D(((0, 1), (0, 1)))(x))
    return made(module, keras.Model(image, x), {"0": "conv"})


@pair
def a_model_inside_a_model() -> Given:
    class Outer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU())
            self.head = nn.Linear(4, 3)

        def forward(self, x: torch.Tensor) -> Any:
            return self.head(functional.adaptive_max_pool2d(self.body(x), (1, 1))[:, :, 0, 0])

    norm = layers.BatchNormalization(epsilon=1e-5, momentum=0.9, name="body_1")
    body = keras.Sequential([layers.Conv2D(4, 3, use_bias=False, name="body_0"), norm, layers.ReLU()], name="body")
    image = keras.Input((16, 12, 3))
    model = keras.Model(image, layers.Dense(3, name="head")(layers.GlobalMaxPooling2D()(body(image))))
    return made(Outer(), model)


class PlainKeras(keras.Model):  # type: ignore[misc]
    """Plain as a class of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.pad, self.conv1 = layers.ZeroPadding2D(1), layers.Conv2D(6, 3, 2, use_bias=False, name="conv1")
        self.bn1 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name="bn1")
        self.pad2, self.pool = layers.ZeroPadding2D(1), layers.MaxPooling2D(3, 2)
        self.conv2 = layers.Conv2D(8, 3, padding="same", activation="relu", name="conv2")
        self.gap, self.fc = layers.GlobalAveragePooling2D(), layers.Dense(5, name="fc")

    def call(self, x: Any, training: bool = False) -> Any:
        x = ops.relu(self.bn1(self.conv1(self.pad(x)), training=training))
        return self.fc(self.gap(self.conv2(self.pool(self.pad2(x)))))


@pair
def a_class_of_its_own() -> Given:
    model = PlainKeras()
    model(ops.zeros((1, 16, 12, 3)))
    return made(Plain(), model)
