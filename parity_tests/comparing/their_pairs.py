"""Right pairs as people write them: a PyTorch module and a Keras model that are one function, each in a style."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import torch
from keras import layers, ops
from porting import ported, scrambled
from torch import nn
from torch.nn import functional
from torch.nn.functional import dropout2d

Given = tuple[Any, Any, tuple[int, ...]]
PAIRS: dict[str, Callable[[], Given]] = {}
SHAPE = (1, 3, 16, 12)


def pair(make: Callable[[], Given]) -> Callable[[], Given]:
    """Add a pair under the name of its function."""
    PAIRS[make.__name__] = make
    return make


class Plain(nn.Module):
    """Two convolutions with normalisation around a pool, and a head."""

    def __init__(self, momentum: float = 0.1, drop: float = 0.0) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(6, momentum=momentum)
        self.relu = nn.ReLU()
        self.pool = nn.MaxPool2d(3, 2, 1)
        self.conv2 = nn.Conv2d(6, 8, 3, padding=1)
        self.drop = nn.Dropout(drop)
        self.fc = nn.Linear(8, 5)

    def forward(self, x: torch.Tensor) -> Any:
        x = self.pool(self.relu(self.bn1(self.conv1(x))))
        x = functional.relu(self.conv2(x))
        return self.fc(self.drop(x.mean((2, 3))))


def plain_keras(
    *, momentum: float = 0.9, axis: int = -1, inside: bool = False, drop: float = 0.0, size: Any = (16, 12)
) -> keras.Model:
    """The same by functions."""
    image = keras.Input((*size, 3))
    x = layers.ZeroPadding2D(1)(image)
    x = layers.Conv2D(6, 3, 2, use_bias=False, name="conv1")(x)
    x = layers.BatchNormalization(axis=axis, momentum=momentum, epsilon=1e-5, name="bn1")(x)
    x = layers.ReLU(name="relu1")(x)
    x = layers.MaxPooling2D(3, 2, name="pool")(layers.ZeroPadding2D(1)(x))
    x = layers.Conv2D(8, 3, padding="same", activation="relu" if inside else None, name="conv2")(x)
    x = x if inside else layers.Activation("relu", name="relu2")(x)
    x = layers.GlobalAveragePooling2D(name="gap")(x)
    x = layers.Dropout(drop)(x) if drop else x
    return keras.Model(image, layers.Dense(5, name="fc")(x))


def made(module: nn.Module, model: keras.Model, names: dict[str, str] | None = None, **maps: tuple[int, ...]) -> Given:
    ported(scrambled(module), model, names, **maps)
    return module, model, SHAPE


@pair
def by_functions() -> Given:
    return made(Plain(), plain_keras())


@pair
def of_any_size() -> Given:
    return made(Plain(), plain_keras(size=(None, None)))


@pair
def activation_in_the_layer_and_axis_3() -> Given:
    return made(Plain(), plain_keras(inside=True, axis=3))


@pair
def momentum_as_a_complement() -> Given:
    return made(Plain(momentum=1 - 0.9), plain_keras(momentum=1 - 0.1))


@pair
def dropout_by_module_and_layer() -> Given:
    return made(Plain(drop=0.25), plain_keras(drop=0.25))


@pair
def dropout_of_whole_maps_by_another_name() -> Given:
    class Dropped(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)

        def forward(self, x: torch.Tensor) -> Any:
            return dropout2d(self.conv(x), 0.3, self.training).mean((2, 3))

    image = keras.Input((16, 12, 3))
    x = layers.SpatialDropout2D(0.3)(layers.Conv2D(4, 3, name="conv")(image))
    return made(Dropped(), keras.Model(image, layers.GlobalAveragePooling2D()(x)))


@pair
def in_double_precision() -> Given:
    keras.config.set_dtype_policy("float64")
    try:
        module, model = Plain().double(), plain_keras()
    finally:
        keras.config.set_dtype_policy("float32")
    return made(module, model)


@pair
def channels_last_and_in_training_mode() -> Given:
    module, model, shape = made(Plain(), plain_keras())
    turned: Any = module.to(memory_format=torch.channels_last)
    return turned.train(), model, shape


@pair
def two_chains() -> Given:
    module = nn.Sequential(
        nn.Conv2d(3, 6, 3), nn.ReLU(inplace=True), nn.AvgPool2d(2), nn.Conv2d(6, 4, 1), nn.LeakyReLU(0.2),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 5), nn.Softmax(1),
    )  # fmt: skip
    model = keras.Sequential([
        keras.Input((16, 12, 3)), layers.Conv2D(6, 3, activation="relu", name="a"), layers.AveragePooling2D(2),
        layers.Conv2D(4, 1, name="b"), layers.LeakyReLU(negative_slope=0.2), layers.GlobalAveragePooling2D(),
        layers.Dense(5, activation="softmax", name="c"),
    ])  # fmt: skip
    return made(module, model, {"0": "a", "3": "b", "7": "c"})


@pair
def a_flatten_before_the_head() -> Given:
    class Flat(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3, stride=4)
            self.fc = nn.Linear(4 * 4 * 3, 5)

        def forward(self, x: torch.Tensor) -> Any:
            x = torch.tanh(self.conv(x))
            return self.fc(x.view(x.size(0), -1))

    image = keras.Input((16, 12, 3))
    x = layers.Conv2D(4, 3, 4, activation="tanh", name="conv")(image)
    model = keras.Model(image, layers.Dense(5, name="fc")(layers.Flatten()(x)))
    return made(Flat(), model, fc=(4, 4, 3))


class Mobile(nn.Module):
    """An inverted residual with squeeze and excitation."""

    def __init__(self) -> None:
        super().__init__()
        self.expand = nn.Conv2d(3, 8, 1, bias=False)
        self.bn = nn.BatchNorm2d(8, eps=1e-3, momentum=0.01)
        self.dw = nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.reduce = nn.Conv2d(8, 2, 1)
        self.gate = nn.Conv2d(2, 8, 1)
        self.project = nn.Conv2d(8, 3, 1)

    def forward(self, x: torch.Tensor) -> Any:
        y = functional.relu6(self.bn(self.expand(x)))
        y = functional.hardswish(self.dw(y))
        s = torch.sigmoid(self.gate(functional.relu(self.reduce(y.mean((2, 3), keepdim=True)))))
        return self.project(y * s) + x


def mobile_keras(grouped: bool = False, dense: bool = False) -> keras.Model:
    image = keras.Input((16, 12, 3))
    x = layers.Conv2D(8, 1, use_bias=False, name="expand")(image)
    x = layers.ReLU(6.0)(layers.BatchNormalization(name="bn")(x))
    x = (
        layers.Conv2D(8, 3, padding="same", groups=8, name="dw")(x)
        if grouped
        else layers.DepthwiseConv2D(3, padding="same", name="dw")(x)
    )
    x = x * ops.relu6(x + 3) / 6
    s = layers.GlobalAveragePooling2D(keepdims=not dense)(x)
    if dense:
        s = layers.Dense(8, activation="sigmoid", name="gate")(layers.Dense(2, activation="relu", name="reduce")(s))
        s = layers.Reshape((1, 1, 8))(s)
    else:
        s = layers.Conv2D(8, 1, activation="sigmoid", name="gate")(
            layers.Conv2D(2, 1, activation="relu", name="reduce")(s)
        )
    x = layers.Conv2D(3, 1, name="project")(layers.Multiply()([x, s]))
    return keras.Model(image, layers.Add()([image, x]))


@pair
def squeeze_and_excitation() -> Given:
    return made(Mobile(), mobile_keras())


@pair
def groups_for_depthwise() -> Given:
    return made(Mobile(), mobile_keras(grouped=True))


class Branches(nn.Module):
    """Three branches that are put together, and two outputs."""

    def __init__(self, answer: str = "tuple", aux: int = 2) -> None:
        super().__init__()
        self.answer = answer
        self.stem = nn.Conv2d(3, 4, 3, padding="same")
        self.a = nn.Conv2d(4, 3, 1)
        self.b = nn.ModuleList([nn.Conv2d(4, 4, (1, 3), padding=(0, 1)), nn.Conv2d(4, 2, (3, 1), padding=(1, 0))])
        self.c = nn.Conv2d(4, 3, 1)
        self.fc = nn.Linear(8, 4)
        self.aux = nn.Linear(4, aux)

    def forward(self, x: torch.Tensor) -> Any:
        x = functional.elu(self.stem(x))
        a, c = self.a(x), self.c(functional.avg_pool2d(x, 3, 1, 1))
        b = x
        for layer in self.b:
            b = layer(b)
        y = self.fc(functional.relu(torch.cat([a, b, c], 1)).amax((2, 3)))
        aux = self.aux(functional.adaptive_avg_pool2d(x, 1).flatten(1))
        return {"tuple": (y, aux), "dict": {"main": y, "aux": aux}, "one": y}[self.answer]


def branches_keras(answer: str = "tuple", aux: int = 2) -> keras.Model:
    image = keras.Input((16, 12, 3))
    x = layers.Conv2D(4, 3, padding="same", activation="elu", name="stem")(image)
    side = layers.Dense(aux, name="aux")(layers.GlobalAveragePooling2D()(x))
    c = layers.Conv2D(3, 1, name="c")(layers.AveragePooling2D(3, 1)(layers.ZeroPadding2D(1)(x)))
    b = layers.Conv2D(4, (1, 3), padding="same", name="b_0")(x)
    b = layers.Conv2D(2, (3, 1), padding="same", name="b_1")(b)
    a = layers.Conv2D(3, 1, name="a")(x)
    x = layers.ReLU()(layers.Concatenate()([a, b, c]))
    y = layers.Dense(4, name="fc")(layers.GlobalMaxPooling2D()(x))
    return keras.Model(image, {"tuple": [y, side], "dict": {"main": y, "aux": side}, "one": y}[answer])


@pair
def branches_in_another_order() -> Given:
    return made(Branches(), branches_keras())


@pair
def outputs_in_a_dict() -> Given:
    return made(Branches("dict"), branches_keras("dict"))


@pair
def layers_of_other_names() -> Given:
    def other(layer: keras.Layer) -> keras.Layer:
        return type(layer).from_config({**layer.get_config(), "name": f"theirs_{layer.name}"})

    names = {name: f"theirs_{name}" for name in ("conv1", "bn1", "conv2", "fc")}
    return made(Plain(), keras.models.clone_model(plain_keras(), clone_function=other), names)


@pair
def one_relu_too_many() -> Given:
    image = keras.Input((16, 12, 3))
    x = layers.Conv2D(4, 3, activation="relu", name="conv")(image)
    model = keras.Model(image, layers.GlobalMaxPooling2D()(layers.ReLU()(x)))
    return made(
        nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveMaxPool2d(1), nn.Flatten()), model, {"0": "conv"}
    )
