"""Still more right pairs, in other styles: by hand, by functions alone, in chains, and with layers of one's own."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import keras
import torch
from keras import layers, ops
from their_pairs import SHAPE, Given, made, pair
from torch import nn
from torch.nn import functional


def symbol() -> Any:
    """An image as Keras follows it."""
    return keras.Input((16, 12, 3))


class Writing(nn.Module):
    """Named parts, and a forward that is a function of them and of a batch."""

    def __init__(self, forward: Any, **parts: nn.Module) -> None:
        super().__init__()
        for name, part in parts.items():
            self.add_module(name, part)
        self.way = forward

    def forward(self, x: torch.Tensor) -> Any:
        return self.way(self, x)


@pair
def a_chain_with_names() -> Given:
    module = nn.Sequential(OrderedDict(
        stem=nn.Conv2d(3, 4, 3, bias=False), norm=nn.BatchNorm2d(4, eps=1e-3, momentum=0.01), act=nn.SiLU(),
        pool=nn.AdaptiveAvgPool2d((1, 1)), flat=nn.Flatten(), head=nn.Linear(4, 3),
    ))  # fmt: skip
    model = keras.Sequential()
    model.add(keras.Input((16, 12, 3)))
    model.add(layers.Conv2D(4, 3, use_bias=False, name="stem"))
    model.add(layers.BatchNormalization(name="norm"))
    model.add(layers.Activation(keras.activations.swish))
    model.add(layers.GlobalAvgPool2D())
    model.add(layers.Dense(3, name="head"))
    return made(module, model)


@pair
def a_model_that_is_all_of_another() -> Given:
    image, outer = symbol(), symbol()
    x = layers.Conv2D(4, 3, name="conv")(image)
    inner = keras.Model(image, layers.GlobalMaxPooling2D()(layers.ReLU()(x)), name="inner")
    model = keras.Model(outer, inner(layers.Rescaling(1 / 127.5, offset=-1)(outer)))
    module = Writing(lambda s, x: functional.relu(s.conv(x / 127.5 - 1)).amax((2, 3)), conv=nn.Conv2d(3, 4, 3))
    return made(module, model)


class Unit(layers.Layer):  # type: ignore[misc]
    """A layer of one's own with layers inside."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.conv = layers.Conv2D(4, 3, padding="same", use_bias=False, name="unit_conv")
        self.norm = layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name="unit_norm")

    def build(self, shape: Any) -> None:
        self.conv.build(shape)
        self.norm.build((*shape[:-1], 4))

    def call(self, x: Any, training: bool = False) -> Any:
        return ops.relu(self.norm(self.conv(x), training=training))


@pair
def a_layer_of_its_own() -> Given:
    image = symbol()
    x = layers.GlobalAveragePooling2D()(Unit()(image))
    model = keras.Model(image, layers.Dense(3, name="head")(x))
    unit = nn.Sequential(OrderedDict(conv=nn.Conv2d(3, 4, 3, padding=1, bias=False), norm=nn.BatchNorm2d(4)))
    module = Writing(lambda s, x: s.head(functional.relu(s.unit(x)).mean((2, 3))), unit=unit, head=nn.Linear(4, 3))
    return made(module, model)


GAPS: dict[str, Any] = {
    "mean": lambda x: x.mean([-1, -2]),
    "window": lambda x: functional.avg_pool2d(x, x.shape[2:]).squeeze(-1).squeeze(-1),
    "adaptive": lambda x: torch.flatten(functional.adaptive_avg_pool2d(x, 1), 1),
    "flat": lambda x: x.flatten(2).mean(2),
    "sum": lambda x: x.sum((2, 3)) / (x.shape[2] * x.shape[3]),
}


def _averaged(way: str, keras_way: Any) -> Given:
    image = symbol()
    x = layers.Conv2D(4, 3, activation="relu", name="conv")(image)
    model = keras.Model(image, layers.Dense(3, name="head")(keras_way(x)))
    return made(Writing(lambda s, x: s.head(GAPS[way](functional.relu(s.conv(x)))), conv=nn.Conv2d(3, 4, 3),
                        head=nn.Linear(4, 3)), model)  # fmt: skip


@pair
def averages_by_mean() -> Given:
    return _averaged("mean", lambda x: ops.mean(x, axis=[1, 2]))


@pair
def averages_by_a_window() -> Given:
    return _averaged("window", lambda x: layers.Flatten()(layers.AveragePooling2D((14, 10))(x)))


@pair
def averages_by_an_adaptive_pool() -> Given:
    return _averaged("adaptive", lambda x: layers.Flatten()(layers.GlobalAveragePooling2D(keepdims=True)(x)))


@pair
def averages_of_a_flat_map() -> Given:
    return _averaged("flat", lambda x: layers.GlobalAveragePooling1D()(layers.Reshape((140, 4))(x)))


@pair
def averages_by_a_sum() -> Given:
    return _averaged("sum", lambda x: layers.Reshape((4,))(layers.AveragePooling2D((14, 10))(x)))


@pair
def a_hard_swish_by_hand() -> Given:
    image = symbol()
    x = layers.Conv2D(4, 3, name="conv")(image)
    model = keras.Model(image, layers.GlobalMaxPooling2D()(layers.Activation("hard_swish")(x)))
    module = Writing(lambda s, x: (lambda y: y * (functional.relu6(y + 3) / 6))(s.conv(x)).amax((2, 3)),
                     conv=nn.Conv2d(3, 4, 3))  # fmt: skip
    return made(module, model)


@pair
def relu6_by_clamps() -> Given:
    image = symbol()
    x = ops.minimum(ops.relu(layers.Conv2D(4, 3, name="conv")(image)), 6.0)
    model = keras.Model(image, layers.Conv2D(2, 1, name="last")(x))
    return made(Writing(lambda s, x: s.last(s.conv(x).clamp(0, 6)), conv=nn.Conv2d(3, 4, 3), last=nn.Conv2d(4, 2, 1)),
                model)  # fmt: skip


@pair
def dense_layers_by_convolutions() -> Given:
    image = symbol()
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3, name="conv")(image))
    model = keras.Model(image, layers.Dense(3, name="out")(layers.Dense(6, activation="relu", name="hidden")(x)))
    module = Writing(
        lambda s, x: s.out(functional.relu(s.hidden(s.conv(x).mean((2, 3), keepdim=True)))).flatten(1),
        conv=nn.Conv2d(3, 4, 3), hidden=nn.Conv2d(4, 6, 1), out=nn.Conv2d(6, 3, 1),
    )  # fmt: skip
    return made(module, model)


@pair
def flattened_before_an_activation() -> Given:
    image = symbol()
    x = layers.Conv2D(6, 1, activation="relu", name="wide")(layers.GlobalAveragePooling2D(keepdims=True)(image))
    model = keras.Model(image, layers.Dense(3, name="head")(layers.Dropout(0.3)(layers.Flatten()(x))))

    def forward(self: Any, x: torch.Tensor) -> Any:
        wide = functional.relu(self.wide(x.mean((2, 3), True)).flatten(1))
        return self.head(functional.dropout(wide, 0.3, self.training))

    module = Writing(forward, wide=nn.Conv2d(3, 6, 1), head=nn.Linear(6, 3))
    return made(module, model)


@pair
def a_separable_convolution() -> Given:
    image = symbol()
    x = layers.SeparableConv2D(5, 3, padding="same", use_bias=False, name="both")(image)
    model = keras.Model(image, layers.GlobalMaxPooling2D()(x))
    torch.manual_seed(0)
    depthwise = nn.Conv2d(3, 3, 3, padding=1, groups=3, bias=False)
    module = Writing(
        lambda s, x: s.point(s.depth(x)).amax((2, 3)), depth=depthwise, point=nn.Conv2d(3, 5, 1, bias=False)
    )
    depth, point = (parameter.detach().numpy() for parameter in module.parameters())
    model.get_layer("both").set_weights([depth.transpose(2, 3, 0, 1), point.transpose(2, 3, 1, 0)])
    return module.eval(), model, SHAPE


@pair
def padding_by_functions() -> Given:
    image = symbol()
    x = layers.Conv2D(4, 3, 2, padding="same", name="conv")(image)
    x = layers.AveragePooling2D(3, 1, padding="same")(x)
    model = keras.Model(image, layers.Conv2D(2, (3, 1), padding="same", name="last")(x))

    def forward(self: Any, x: torch.Tensor) -> Any:
        down, across = x.shape[2] % 2, x.shape[3] % 2
        x = self.conv(functional.pad(x, (across, 1, down, 1)))
        x = functional.avg_pool2d(x, 3, 1, 1, count_include_pad=False)
        return self.last(functional.pad(x, (0, 0, 1, 1)))

    module = Writing(forward, conv=nn.Conv2d(3, 4, 3, 2), last=nn.Conv2d(4, 2, (3, 1)))
    return made(module, model)


@pair
def a_pool_whose_ceil_mode_does_nothing() -> Given:
    image = symbol()
    x = layers.MaxPooling2D(3, 1, padding="same")(layers.Conv2D(4, 1, name="conv")(image))
    module = Writing(
        lambda s, x: s.pool(s.conv(x)), conv=nn.Conv2d(3, 4, 1), pool=nn.MaxPool2d(3, 1, 1, ceil_mode=True)
    )
    return made(module, keras.Model(image, x))


@pair
def parameters_by_hand() -> Given:
    class ByHand(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.kernel, self.offset = nn.Parameter(torch.randn(4, 3, 3, 3)), nn.Parameter(torch.randn(4))

        def forward(self, x: torch.Tensor) -> Any:
            return functional.conv2d(x, self.kernel, self.offset, padding="valid", dilation=(2, 2)).tanh()

    torch.manual_seed(0)
    module, image = ByHand(), symbol()
    model = keras.Model(image, layers.Conv2D(4, 3, 1, dilation_rate=2, activation="tanh", name="conv")(image))
    kernel, offset = (parameter.detach().numpy() for parameter in module.parameters())
    model.get_layer("conv").set_weights([kernel.transpose(2, 3, 1, 0), offset])
    return module.eval(), model, SHAPE


@pair
def other_normalisations() -> Given:
    image = symbol()
    x = layers.Conv2D(4, 3, name="conv")(image)
    x = layers.GroupNormalization(2, epsilon=1e-5, name="groups")(x)
    x = layers.LayerNormalization(epsilon=1e-6, name="norm")(layers.GlobalAveragePooling2D()(x))
    model = keras.Model(image, layers.Dense(3, name="head")(x))
    module = Writing(lambda s, x: s.head(s.norm(s.groups(s.conv(x)).mean((2, 3)))), conv=nn.Conv2d(3, 4, 3),
                     groups=nn.GroupNorm(2, 4), norm=nn.LayerNorm(4, eps=1e-6), head=nn.Linear(4, 3))  # fmt: skip
    torch.manual_seed(3)
    for path, part in module.named_children():
        own: Any = part
        nn.init.normal_(own.weight, 0.5)
        nn.init.normal_(own.bias)
        scale = own.weight.detach().numpy()
        kernel = scale.transpose(2, 3, 1, 0) if scale.ndim == 4 else scale.T
        model.get_layer(path).set_weights([kernel, own.bias.detach().numpy()])
    return module.eval(), model, SHAPE


@pair
def slopes_of_all_kinds() -> Given:
    image = symbol()
    x = layers.LeakyReLU(negative_slope=0.1)(layers.Conv2D(4, 3, name="a")(image))
    x = layers.ELU(0.5)(layers.Conv2D(4, 1, name="b")(x))
    x = layers.Activation("softplus")(layers.Conv2D(4, 1, name="c")(x))
    x = ops.gelu(layers.Conv2D(4, 1, name="d")(x), approximate=True)
    model = keras.Model(image, layers.Activation("log_softmax")(layers.GlobalAveragePooling2D()(x)))

    def forward(self: Any, x: torch.Tensor) -> Any:
        x = functional.softplus(self.c(functional.elu(self.b(functional.leaky_relu(self.a(x), 0.1)), 0.5)))
        return functional.log_softmax(functional.gelu(self.d(x), approximate="tanh").mean((2, 3)), 1)

    parts = {name: nn.Conv2d(3 if name == "a" else 4, 4, 3 if name == "a" else 1) for name in "abcd"}
    return made(Writing(forward, **parts), model)
