"""Names of libraries that people have weights in: read, and held to what those libraries' documentation shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hollow import hollow, zeros

from diptych.common.dialect import dialect
from diptych.common.registry import traced
from diptych.conversion.identify import identified
from diptych.files.tensors import Tensors

SHOWN = {
    ("efficientnet_pytorch", "efficientnet_b0.tf"): {
        "_conv_stem.weight": (32, 3, 3, 3),
        "_blocks.0._depthwise_conv.weight": (32, 1, 3, 3),
        "_blocks.0._se_reduce.bias": (8,),
        "_blocks.15._project_conv.weight": (320, 1152, 1, 1),
        "_bn1.running_var": (1280,),
        "_fc.weight": (1000, 1280),
    },
    ("efficientnet_pytorch", "efficientnet_b7.tf"): {"_blocks.54._bn2.weight": (640,), "_fc.weight": (1000, 2560)},
    ("transformers", "resnet50"): {
        "embedder.embedder.convolution.weight": (64, 3, 7, 7),
        "encoder.stages.0.layers.0.shortcut.convolution.weight": (256, 64, 1, 1),
        "encoder.stages.3.layers.2.layer.2.normalization.running_mean": (2048,),
    },
    ("transformers", "mobilenet_v2.keras"): {
        "conv_stem.first_conv.normalization.weight": (32,),
        "conv_stem.reduce_1x1.convolution.weight": (16, 32, 1, 1),
        "layer.0.expand_1x1.convolution.weight": (96, 16, 1, 1),
        "layer.15.reduce_1x1.normalization.bias": (320,),
        "conv_1x1.convolution.weight": (1280, 320, 1, 1),
    },
    ("detectron2", "resnet50"): {
        "stem.conv1.norm.running_var": (64,),
        "res2.0.shortcut.weight": (256, 64, 1, 1),
        "res5.2.conv3.norm.bias": (2048,),
    },
    ("children", "resnet18"): {"1.running_mean": (64,), "5.0.downsample.0.weight": (128, 64, 1, 1)},
    ("features", "vgg11_bn"): {"0.weight": (64, 3, 3, 3), "26.running_var": (512,)},
    ("torchvision-2017", "densenet121"): {
        "features.denseblock1.denselayer1.norm.1.weight": (64,),
        "features.denseblock4.denselayer16.conv.2.weight": (32, 128, 3, 3),
        "features.norm5.bias": (1024,),
    },
}


def state(library: str, name: str, **options: Any) -> dict[str, Any]:
    """The state dict of a network in a library's names, of zeros."""
    found = hollow(traced(name, options), dialect(library, name), layers=False)
    assert isinstance(found, Tensors)
    return dict(found.arrays)


@pytest.mark.parametrize(("library", "name"), SHOWN)
def test_the_names_are_the_librarys(library: str, name: str) -> None:
    found = state(library, name)
    for there, shape in SHOWN[library, name].items():
        assert found[there].shape == shape


@pytest.mark.parametrize(
    ("library", "name", "prefix", "head"),
    [
        ("efficientnet_pytorch", "efficientnet_b0.tf", "", "_fc"),
        ("transformers", "resnet50", "resnet.", "classifier.1"),
        ("transformers", "mobilenet_v2.keras", "mobilenet_v2.", "classifier"),
        ("torchvision-2017", "densenet121", "module.densenet121.", "module.densenet121.classifier.0"),
        ("children", "resnet18", "encoder.model.0.", "classifier"),
        ("features", "densenet121", "features.module.", "last_linear"),
    ],
)
@pytest.mark.parametrize("classes", [0, 3])
def test_a_file_is_known_by_them(library: str, name: str, prefix: str, head: str, classes: int) -> None:
    arrays = {prefix + there: array for there, array in state(library, name, num_classes=0).items()}
    if classes:
        width = traced(name, {"num_classes": 1}).weights
        features = int(next(reversed([w for n, w in width.items() if n.endswith("weight")])).shape[1])
        arrays |= {f"{head}.weight": zeros((classes, features)), f"{head}.bias": zeros((classes,))}
    found = identified(Tensors(Path("in.pth"), "torch", arrays), None, {})
    assert found.net == traced(name, {"num_classes": classes})
    assert found.library == library


def test_where_detectron2_strides_is_not_told() -> None:
    arrays = {f"backbone.bottom_up.{n}": a for n, a in state("detectron2", "resnet50", num_classes=0).items()}
    found = identified(Tensors(Path("in.pth"), "torch", arrays), None, {})
    assert any("stride in the first 1x1" in note for note in found.notes)
