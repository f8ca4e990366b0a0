"""Models of timm, torchvision and keras.applications, each beside what diptych makes of it in the other framework.

Faults are planted in them, so that their numbers hide nothing. They are small members of their families, and some are
changed before they are read, so that they have what no small one has: a pool that averages, GELU, a shared block.
"""

from __future__ import annotations

import copy
import functools
import importlib
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import torch
from references.libraries import torchvision_models
from torch import nn

from diptych import Net, build, read

Given = tuple[Any, Any, tuple[int, ...]]
SIZE = 64
SHAPE = (1, 3, SIZE, SIZE)
SHAPES = {"torchvision_squeezenet": (1, 3, 72, 72)}
"""At 64 none of its pools has anything to round up."""
MODULES: dict[str, Callable[[], nn.Module]] = {}
MODELS: dict[str, Callable[[], keras.Model]] = {}


def imported(name: str) -> Given:
    """The module, the Keras model, and the shape of an image; neither has been given out before."""
    keras.utils.clear_session(free_memory=False)
    if name in MODELS:
        model = lively_keras(MODELS[name]())
        net, weights = read(model)
        return build(net, "torch", weights=weights).eval(), model, SHAPE
    module, net, weights = _known(name)
    return copy.deepcopy(module), build(net, "tf", weights=weights), SHAPES.get(name, SHAPE)


@functools.cache
def _known(name: str) -> tuple[nn.Module, Net, Any]:
    torch.manual_seed(0)
    module = _lively(MODULES[name]()).eval()
    found = read(module, torch.zeros(SHAPES.get(name, SHAPE)))
    return module, found.net, found.weights


def _timm(name: str, **options: Any) -> nn.Module:
    torchvision_models()  # which timm imports
    net: nn.Module = importlib.import_module("timm").create_model(name, pretrained=False, num_classes=10, **options)
    return net


def _lively(module: nn.Module) -> nn.Module:
    """With numbers that no part of a normalisation hides."""
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            nn.init.uniform_(part.weight, 0.5, 1.5)
            nn.init.normal_(part.bias, std=0.3)
            part.running_mean.normal_(std=0.3)  # type: ignore[union-attr]
            part.running_var.uniform_(0.5, 1.5)  # type: ignore[union-attr]
        elif isinstance(getattr(part, "bias", None), nn.Parameter):
            nn.init.normal_(part.bias, std=0.2)  # type: ignore[arg-type]
    return module


RANGES = {"gamma": (0.5, 1.5), "moving_variance": (0.5, 1.5), "beta": (-0.5, 0.5), "bias": (-0.3, 0.3)}


def lively_keras(model: keras.Model) -> keras.Model:
    """With numbers that hide nothing, and maps that neither grow nor vanish."""
    random = np.random.default_rng(0)
    for variable in model.weights:
        if (span := {**RANGES, "moving_mean": (-0.5, 0.5)}.get(variable.name)) is not None:
            variable.assign(random.uniform(*span, variable.shape))
        elif "kernel" in variable.name:
            depthwise = len(variable.shape) == 4 and variable.shape[-1] == 1
            read = np.prod(variable.shape[: 2 if depthwise else -1])
            spread = (1 / max(read, 9)) ** 0.5
            variable.assign(random.normal(0, spread, variable.shape))
    return model


def module(make: Callable[[], nn.Module]) -> Callable[[], nn.Module]:
    """Add a module under the name of its function."""
    MODULES[make.__name__] = make
    return make


def model(make: Callable[[], keras.Model]) -> Callable[[], keras.Model]:
    """Add a Keras model under the name of its function."""
    MODELS[make.__name__] = make
    return make


def _resnet(block: str = "BasicBlock", **options: Any) -> nn.Module:
    """timm's ResNet, of a block or two in each of its four stages."""
    torchvision_models()
    made = importlib.import_module("timm.models.resnet")
    options = {"layers": (1, 2, 1, 1), "channels": (8, 8, 12, 12), "num_classes": 10, "stem_width": 8, **options}
    net: nn.Module = made.ResNet(getattr(made, block), **options)
    return net


@module
def timm_resnet() -> nn.Module:
    return _resnet()


@module
def timm_resnet_drop() -> nn.Module:
    return _resnet(drop_rate=0.2)


@module
def timm_bottleneck() -> nn.Module:
    return _resnet("Bottleneck", drop_path_rate=0.2)


@module
def timm_resnet_gelu() -> nn.Module:
    return _resnet(act_layer="gelu")


@module
def timm_resnet_leaky() -> nn.Module:
    return _resnet(act_layer=functools.partial(nn.LeakyReLU, negative_slope=0.1))


@module
def timm_resnet_averaged() -> nn.Module:
    net = _resnet()
    net.maxpool = nn.AvgPool2d(3, 2, 1)
    return net


@module
def timm_resnet_shared() -> nn.Module:
    net: Any = _resnet(layers=(3, 1, 1, 1))
    net.layer1[2] = net.layer1[1]
    return net  # type: ignore[no-any-return]


@module
def timm_resnetd() -> nn.Module:
    return _resnet(stem_type="deep", avg_down=True)


@module
def timm_resnext() -> nn.Module:
    return _resnet("Bottleneck", cardinality=4, base_width=32)


@module
def timm_seresnet() -> nn.Module:
    return _resnet("BasicBlock", block_args={"attn_layer": "se"})


@module
def timm_densenet() -> nn.Module:
    torchvision_models()
    made = importlib.import_module("timm.models.densenet")
    net: nn.Module = made.DenseNet(growth_rate=4, block_config=(2, 2), num_classes=10, drop_rate=0.1)
    return net


@module
def timm_mobilenetv2() -> nn.Module:
    return _timm("mobilenetv2_035")


@module
def timm_mobilenetv3() -> nn.Module:
    return _timm("mobilenetv3_small_050")


@module
def timm_ghostnet() -> nn.Module:
    return _timm("ghostnet_050")


@module
def torchvision_squeezenet() -> nn.Module:
    net: nn.Module = torchvision_models().squeezenet1_1(weights=None, num_classes=10)
    return net


@module
def torchvision_shufflenet() -> nn.Module:
    net: nn.Module = torchvision_models().shufflenet_v2_x0_5(weights=None, num_classes=10)
    return net


@module
def torchvision_vgg() -> nn.Module:
    made = torchvision_models().vgg
    net: Any = made.VGG(made.make_layers([6, "M", 8, "M", 8, "M", 8], batch_norm=True), num_classes=10)
    net.avgpool = nn.AdaptiveAvgPool2d((4, 4))
    net.classifier = nn.Sequential(nn.Linear(8 * 16, 24), nn.ReLU(), nn.Dropout(0.5), nn.Linear(24, 10))
    return net  # type: ignore[no-any-return]


class Upsampled(nn.Module):
    """A map of twice the size, as a decoder makes it."""

    def __init__(self, body: Any) -> None:
        super().__init__()
        self.body, body.fc = body, nn.Identity()
        self.lateral = nn.Conv2d(12, 4, 1)
        self.out = nn.Conv2d(4, 2, 3, padding=1)

    def forward(self, x: torch.Tensor) -> Any:
        x = self.lateral(self.body.forward_features(x))
        return self.out(nn.functional.interpolate(x, scale_factor=2))


@module
def timm_upsampled() -> nn.Module:
    return Upsampled(_resnet())


@model
def keras_mobilenet() -> keras.Model:
    return keras.applications.MobileNet((SIZE, SIZE, 3), alpha=0.25, weights=None, classes=10)


@model
def keras_mobilenet_v2() -> keras.Model:
    return keras.applications.MobileNetV2((SIZE, SIZE, 3), alpha=0.35, weights=None, classes=10)


@model
def keras_mobilenet_v3() -> keras.Model:
    return keras.applications.MobileNetV3Small((SIZE, SIZE, 3), alpha=0.5, weights=None, classes=10)


@model
def keras_densenet() -> keras.Model:
    made = importlib.import_module("keras.src.applications.densenet").DenseNet
    return made([2, 2, 2, 2], input_shape=(SIZE, SIZE, 3), weights=None, classes=10)


@model
def keras_resnet() -> keras.Model:
    made = importlib.import_module("keras.src.applications.resnet")
    return made.ResNet(
        lambda x: made.stack_residual_blocks_v1(x, 8, 2, stride1=1, name="conv2"), False, True,
        input_shape=(SIZE, SIZE, 3), weights=None, classes=10,
    )  # fmt: skip


@model
def keras_efficientnet() -> keras.Model:
    made = importlib.import_module("keras.src.applications.efficientnet")
    blocks = [dict(block) for block in made.DEFAULT_BLOCKS_ARGS[:3]]
    return made.EfficientNet(
        0.5, 1.0, SIZE, blocks_args=blocks, input_shape=(SIZE, SIZE, 3), weights=None, classes=10,
        drop_connect_rate=0.4,
    )  # fmt: skip
