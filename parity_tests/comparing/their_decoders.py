"""Right pairs around the trunk: what stands before it, a decoder behind it, and arithmetic between maps."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import torch
from keras import layers, ops
from their_more_pairs import Writing, symbol
from their_pairs import Given, made, pair
from torch import nn
from torch.nn import functional


@pair
def pixels_are_standardised_inside() -> Given:
    mean, variance = [0.4, 0.5, 0.6], [0.04, 0.05, 0.06]
    image = symbol()
    x = layers.Normalization(mean=mean, variance=variance)(image)
    model = keras.Model(image, layers.Conv2D(4, 3, name="conv")(x))
    spread = np.sqrt(np.array(variance, np.float32))
    module = Writing(lambda s, x: s.conv((x - s.mean) / s.std), conv=nn.Conv2d(3, 4, 3))
    module.register_buffer("mean", torch.tensor(mean).view(3, 1, 1))
    module.register_buffer("std", torch.from_numpy(spread).view(3, 1, 1))
    return made(module, model)


@pair
def a_decoder() -> Given:
    image = symbol()
    a = layers.Conv2D(4, 3, padding="same", activation="relu", name="down")(image)
    b = layers.Conv2D(4, 3, 2, padding="valid", name="deep")(layers.ZeroPadding2D(1)(a))
    up = layers.UpSampling2D(2, interpolation="bilinear")(b)
    x = ops.concatenate([up, a, layers.Conv2DTranspose(3, 4, 2, padding="same", name="up")(b)], axis=3)
    model = keras.Model(image, [layers.Conv2D(2, 1, name="mask")(x), layers.GlobalMaxPooling2D()(b)])

    def forward(self: Any, x: torch.Tensor) -> Any:
        a = self.down(x).relu()
        b = self.deep(a)
        up = functional.interpolate(b, scale_factor=2.0, mode="bilinear", align_corners=False)
        return [self.mask(torch.cat((up, a, self.up(b)), dim=-3)), b.amax(dim=(-2, -1))]

    module = Writing(forward, down=nn.Conv2d(3, 4, 3, padding="same"), deep=nn.Conv2d(4, 4, 3, 2, 1),
                     up=nn.ConvTranspose2d(4, 3, 4, 2, 1), mask=nn.Conv2d(11, 2, 1))  # fmt: skip
    return made(module, model)


@pair
def sums_and_products() -> Given:
    image = symbol()
    a, b = layers.Conv2D(4, 1, name="a")(image), layers.Conv2D(4, 1, name="b")(image)
    x = layers.Maximum()([a, b]) - 0.5 * layers.Subtract()([a, b]) + a * b
    model = keras.Model(image, layers.Flatten()(layers.MaxPooling2D((16, 12))(x)))
    module = Writing(lambda s, x: (lambda a, b: torch.maximum(a, b) - (a - b) / 2 + a * b)(s.a(x), s.b(x)).amax((2, 3)),
                     a=nn.Conv2d(3, 4, 1), b=nn.Conv2d(3, 4, 1))  # fmt: skip
    return made(module, model)
