"""Networks of torchvision and timm, read at two sizes and held to the originals in both frameworks."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from reading import held
from references.libraries import torchvision_models
from selection import some
from torch import nn

from diptych.common.spec import Net

SIZES = ((64, 96), (97, 65))
TORCHVISION = (
    *("alexnet", "squeezenet1_1", "densenet121", "googlenet", "inception_v3", "mnasnet0_5", "mobilenet_v2"),
    *("mobilenet_v3_small", "shufflenet_v2_x0_5", "regnet_y_400mf", "efficientnet_b0", "convnext_tiny", "resnet18"),
    *("resnext50_32x4d", "fcn_resnet50", "deeplabv3_resnet50", "lraspp_mobilenet_v3_large"),
)
TIMM = (
    *("test_resnet", "test_efficientnet", "test_efficientnet_gn", "test_byobnet", "test_convnext", "test_nfnet"),
    *("eca_resnet33ts", "gcresnext26ts", "tf_efficientnet_lite0", "ghostnet_050", "resnetblur18"),
    *("repvgg_a0", "mobileone_s0", "hrnet_w18_small", "tf_mobilenetv3_small_minimal_100", "convnext_atto_ols"),
)
LARGER = ("inception_v3", "alexnet")
"""Those whose pools leave nothing of 64 pixels."""


def made(library: str, name: str) -> nn.Module:
    models = torchvision_models()
    if library == "timm":
        model: nn.Module = importlib.import_module("timm").create_model(name, pretrained=False)
        return model
    options: dict[str, Any] = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    if not hasattr(models, name):
        models, options = models.segmentation, {"weights_backbone": None}
    found: nn.Module = getattr(models, name)(weights=None, **options)
    return found


@pytest.mark.parametrize("name", some(TORCHVISION, "squeezenet1_1"))
def test_a_network_of_torchvision(name: str) -> None:
    sizes = ((107, 139), (140, 108)) if name in LARGER else SIZES
    # A linear layer over channels is another kernel of PyTorch's than it was for channels in the last place.
    held(made("torchvision", name), sizes, exact=name != "convnext_tiny")


@pytest.mark.parametrize("name", some(TIMM, "test_resnet"))
def test_a_network_of_timm(name: str) -> None:
    sizes = ((64, 96), (96, 64)) if name == "hrnet_w18_small" else SIZES
    held(made("timm", name), sizes, exact=False)


def test_blocks_of_one_structure_are_one_class() -> None:
    net = held(made("torchvision", "resnet18"), ((33, 40),), keras=False).net
    widths = {call.path: dict(call.input_channels) for call in net.root.walk() if call.block == "BasicBlock"}
    assert isinstance(net, Net)
    assert len(widths) == 8
    assert len({node.op.channels.text for node in net.nodes if node.path.endswith("conv2")}) == 2  # type: ignore[attr-defined]
