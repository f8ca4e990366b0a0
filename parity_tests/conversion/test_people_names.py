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

SHOWN: dict[tuple[str, str], dict[str, tuple[int, ...]]] = {
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
    ("transformers", "mobilenet_v1_100.keras"): {
        "conv_stem.convolution.weight": (32, 3, 3, 3),
        "layer.0.convolution.weight": (32, 1, 3, 3),
        "layer.1.normalization.running_var": (64,),
        "layer.25.convolution.weight": (1024, 1024, 1, 1),
        "classifier.bias": (1000,),
    },
    ("transformers", "efficientnet_b0.tf"): {
        "embeddings.convolution.weight": (32, 3, 3, 3),
        "encoder.blocks.0.depthwise_conv.depthwise_conv.weight": (32, 1, 3, 3),
        "encoder.blocks.1.expansion.expand_bn.weight": (96,),
        "encoder.blocks.2.squeeze_excite.reduce.weight": (6, 144, 1, 1),
        "encoder.blocks.15.projection.project_conv.weight": (320, 1152, 1, 1),
        "encoder.top_bn.bias": (1280,),
    },
    ("pretrainedmodels", "vgg11_a"): {"_features.18.weight": (512, 512, 3, 3), "linear0.weight": (4096, 25088)},
    ("pretrainedmodels", "alexnet_torchvision"): {"_features.3.bias": (192,), "linear1.weight": (4096, 4096)},
    ("pretrainedmodels", "inception_v3_aux"): {"AuxLogits.fc.weight": (1000, 768), "last_linear.weight": (1000, 2048)},
    ("pretrainedmodels", "squeezenet1_1"): {"last_conv.weight": (1000, 512, 1, 1)},
    ("pretrainedmodels", "bn_inception"): {
        "conv1_7x7_s2.bias": (64,),
        "conv2_3x3_reduce_bn.running_mean": (64,),
        "inception_3c_double_3x3_2.weight": (96, 96, 3, 3),
        "inception_5b_pool_proj_bn.weight": (128,),
    },
    ("pretrainedmodels", "resnext101_32x4d"): {
        "features.4.0.0.0.0.0.weight": (128, 64, 1, 1),
        "features.4.0.0.1.0.weight": (256, 64, 1, 1),
        "features.7.2.0.0.1.weight": (2048, 1024, 1, 1),
    },
    ("mmpretrain", "mobilenet_v2"): {
        "conv1.bn.running_var": (32,),
        "layer1.0.conv.1.conv.weight": (16, 32, 1, 1),
        "layer2.0.conv.1.conv.weight": (96, 1, 3, 3),
        "layer7.0.conv.2.bn.weight": (320,),
        "conv2.conv.weight": (1280, 320, 1, 1),
        "head.fc.weight": (1000, 1280),
    },
    ("mmpretrain", "mobilenet_v3_small"): {
        "backbone.layer0.conv.weight": (16, 3, 3, 3),
        "backbone.layer1.se.conv1.conv.bias": (8,),
        "backbone.layer2.expand_conv.conv.weight": (72, 16, 1, 1),
        "backbone.layer4.se.conv2.conv.weight": (96, 24, 1, 1),
        "backbone.layer11.linear_conv.bn.bias": (96,),
        "backbone.layer12.conv.weight": (576, 96, 1, 1),
        "head.layers.0.fc.weight": (1024, 576),
        "head.layers.1.fc.bias": (1000,),
    },
    ("mmpretrain", "vgg11_bn"): {
        "features.0.conv.bias": (64,),
        "features.2.bn.running_mean": (128,),
        "features.11.conv.weight": (512, 512, 3, 3),
        "classifier.6.weight": (1000, 4096),
    },
    ("mmpretrain", "vgg16_d"): {"features.16.conv.weight": (512, 512, 3, 3)},
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
        ("transformers", "mobilenet_v1_100.keras", "mobilenet_v1.", "classifier"),
        ("transformers", "efficientnet_b0.tf", "efficientnet.", "classifier"),
        ("mmpretrain", "mobilenet_v2", "backbone.", "head.fc"),
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
