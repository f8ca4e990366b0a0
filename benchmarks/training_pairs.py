"""Five pairs that diptych did not build: models of torchvision beside one of keras.applications, and four by hand."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import keras
import torch
from keras import layers
from torch import nn

sys.path.insert(0, "parity_tests")  # the references of the tests

SIZE = 64
RATE = 1e-3
"""At ten times that rounding grows to 1e-8 in five steps of MobileNetV2, whose last maps have four places."""
Given = tuple[nn.Module, keras.Model]


def torchvision_models() -> Any:
    """The models of torchvision, as the tests have them."""
    from references.libraries import torchvision_models as models

    return models()


def vgg16() -> Given:
    """torchvision's features and their mean beside keras.applications."""
    module = nn.Sequential(torchvision_models().vgg16().features, nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return module, keras.applications.VGG16(weights=None, include_top=False, pooling="avg", input_shape=(SIZE, SIZE, 3))


def resnet18() -> Given:
    """torchvision's beside one by hand."""
    image = keras.Input((SIZE, SIZE, 3))
    x = _pool(_relu(_conv(image, 64, 7, 2)))
    for width, stride in ((64, 1), (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1)):
        y = _conv(_relu(_conv(x, width, 3, stride)), width, 3)
        x = _conv(x, width, 1, stride) if stride > 1 else x
        x = _relu(layers.Add()([y, x]))
    return torchvision_models().resnet18(num_classes=10), _headed(image, x)


def squeezenet1_1() -> Given:
    """torchvision's, with its dropout, beside one by hand."""
    image = keras.Input((SIZE, SIZE, 3))
    x = layers.Conv2D(64, 3, 2, activation="relu")(image)
    for place, squeezed in enumerate((16, 16, 32, 32, 48, 48, 64, 64)):
        x = layers.MaxPooling2D(3, 2)(x) if place in (0, 2, 4) else x
        x = layers.Conv2D(squeezed, 1, activation="relu")(x)
        small = layers.Conv2D(4 * squeezed, 1, activation="relu")(x)
        x = layers.Concatenate()([small, layers.Conv2D(4 * squeezed, 3, padding="same", activation="relu")(x)])
    x = layers.Conv2D(10, 1, activation="relu")(layers.Dropout(0.5)(x))
    return torchvision_models().squeezenet1_1(num_classes=10), keras.Model(image, layers.GlobalAveragePooling2D()(x))


def mobilenet_v2() -> Given:
    """torchvision's of a quarter of the width beside one by hand."""
    image, width = keras.Input((SIZE, SIZE, 3)), 8
    x = layers.ReLU(6.0)(_conv(image, width, 3, 2))
    for grown, out, count, first in ((1, 8, 1, 1), (6, 8, 2, 2), (6, 8, 3, 2), (6, 16, 4, 2), (6, 24, 3, 1),
                                     (6, 40, 3, 2), (6, 80, 1, 1)):  # fmt: skip
        for stride in (first, *[1] * (count - 1)):
            y = layers.ReLU(6.0)(_conv(x, grown * width, 1)) if grown > 1 else x
            y = _conv(layers.ReLU(6.0)(_depthwise(y, 3, stride)), out, 1)
            x = layers.Add()([x, y]) if stride == 1 and out == width else y
            width = out
    x = layers.ReLU(6.0)(_conv(x, 1280, 1))
    return torchvision_models().mobilenet_v2(width_mult=0.25, num_classes=10), _headed(image, x, 0.2)


def mnasnet0_5() -> Given:
    """torchvision's, whose normalisation keeps 0.9997 of its statistics, beside one by hand."""
    kept, image, width = 0.9997, keras.Input((SIZE, SIZE, 3)), 8
    x = _relu(_conv(image, 16, 3, 2, kept))
    x = _conv(_relu(_depthwise(x, 3, 1, kept)), 8, 1, 1, kept)
    for size, grown, out, count, first in ((3, 3, 16, 3, 2), (5, 3, 24, 3, 2), (5, 6, 40, 3, 2), (3, 6, 48, 2, 1),
                                           (5, 6, 96, 4, 2), (3, 6, 160, 1, 1)):  # fmt: skip
        for stride in (first, *[1] * (count - 1)):
            y = _relu(_depthwise(_relu(_conv(x, grown * width, 1, 1, kept)), size, stride, kept))
            y = _conv(y, out, 1, 1, kept)
            x = layers.Add()([y, x]) if stride == 1 and out == width else y
            width = out
    return torchvision_models().mnasnet0_5(num_classes=10), _headed(image, _relu(_conv(x, 1280, 1, 1, kept)), 0.2)


PAIRS: dict[str, Callable[[], Given]] = {
    make.__name__: make for make in (vgg16, resnet18, squeezenet1_1, mobilenet_v2, mnasnet0_5)
}


def _padded(x: Any, size: int) -> Any:
    """With PyTorch's zeros on all sides, which Keras's "same" has not at a stride."""
    return layers.ZeroPadding2D(size // 2)(x) if size > 1 else x


def _conv(x: Any, width: int, size: int, stride: int = 1, kept: float = 0.9) -> Any:
    x = layers.Conv2D(width, size, stride, use_bias=False)(_padded(x, size))
    return layers.BatchNormalization(momentum=kept, epsilon=1e-5)(x)


def _depthwise(x: Any, size: int, stride: int, kept: float = 0.9) -> Any:
    x = layers.DepthwiseConv2D(size, stride, use_bias=False)(_padded(x, size))
    return layers.BatchNormalization(momentum=kept, epsilon=1e-5)(x)


def _relu(x: Any) -> Any:
    return layers.ReLU()(x)


def _pool(x: Any) -> Any:
    return layers.MaxPooling2D(3, 2)(layers.ZeroPadding2D(1)(x))


def _headed(image: Any, x: Any, rate: float = 0.0) -> keras.Model:
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, layers.Dense(10)(layers.Dropout(rate)(x) if rate else x))


def pair(name: str, steps: int) -> str:
    """A row: the verdict after so many steps from the weights of the module."""
    from diptych import train_check, training

    rule = training.SGD(rate=RATE, momentum=0.9)
    torch.manual_seed(0)
    report = train_check(PAIRS[name](), steps, rule, example=(1, 3, SIZE, SIZE), weights="transfer")
    gate = report.gates[0]
    measured = "" if gate.measured is None else f"{gate.measured:.1e}"
    where = "" if report.passed else f" ({report.where or gate.detail})"
    said = (PAIRS[name].__doc__ or "").rstrip(".")
    return f"| {name}: {said} | {report.verdict}{where} | {measured} | {gate.compared:,} | {len(report.listed)} |"
