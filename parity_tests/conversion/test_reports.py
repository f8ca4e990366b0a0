"""Files of public reports, by names and shapes: what each becomes, weight for weight, or why it is refused.

Every weight of a file is filled with a number of its own, by our names before a rule of the report renames them; the
rules stand here and not in the package, so that a wrong place of any weight shows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hollow import hollow

from diptych.common.dialect import OWN, dialect
from diptych.common.errors import DiptychError
from diptych.common.registry import traced
from diptych.conversion.identify import identified
from diptych.conversion.prefixes import part_of
from diptych.files.layers import Layers
from diptych.files.tensors import Tensors

GITHUB = "https://github.com"
Names = Callable[[str], str]


@dataclass(frozen=True)
class Report:
    """A public report: the network in its file and what its names are there, what else is in it, and what is answered.

    `given` is what is asked for, `options` those of the result, None where it is refused; `said` stands in a note or in
    the error.
    """

    link: str
    network: str
    names: Names = str
    built: Mapping[str, Any] = field(default_factory=dict)
    beside: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] | None = field(default_factory=dict)
    result: str = ""
    prefix: str = ""
    said: str = ""


def after(prefix: str) -> Names:
    """Names behind a prefix."""
    return lambda name: prefix + name


def by(*pairs: tuple[str, str]) -> Names:
    """Names changed by regular expressions, all of them one after the other."""

    def changed(name: str) -> str:
        for pattern, there in pairs:
            name = re.sub(pattern, there, name)
        return name

    return changed


def lua(name: str) -> str:
    """ResNeXt as a script made it of Lua's model."""
    layer, _, kind = name.rpartition(".")
    if layer in ("conv1", "bn1", "fc"):
        return {"conv1": "features.0", "bn1": "features.1", "fc": "last_linear"}[layer] + f".{kind}"
    stage, unit, part = re.fullmatch(r"layer(\d)\.(\d+)\.(.+)", layer).groups()  # type: ignore[union-attr]
    inner = {"conv1": "0.0.0", "bn1": "0.0.1", "conv2": "0.0.3", "bn2": "0.0.4", "conv3": "0.1", "bn3": "0.2"}
    place = inner.get(part) or part.replace("downsample", "1")
    return f"features.{int(stage) + 3}.{unit}.0.{place}.{kind}"


def flat_blocks(*counts: int) -> Names:
    """EfficientNet with all its blocks in one row, as efficientnet_pytorch numbers them."""
    starts = [sum(counts[:stage]) for stage in range(len(counts))]
    ends = {"features.0.0": "_conv_stem", "features.0.1": "_bn0", "features.8.0": "_conv_head", "features.8.1": "_bn1"}
    with_expansion = ("_expand_conv", "_bn0"), ("_depthwise_conv", "_bn1"), ("_se_reduce", "_se_expand"), (
        "_project_conv", "_bn2")  # fmt: skip

    def changed(name: str) -> str:
        layer, _, kind = name.rpartition(".")
        if layer in ends or layer == "classifier.1":
            return f"{ends.get(layer, '_fc')}.{kind}"
        stage, unit, part, inner = re.fullmatch(r"features\.(\d)\.(\d+)\.block\.(\d)\.(\w+)", layer).groups()  # type: ignore[union-attr]
        place = int(part) + (stage == "1")
        which = {"0": 0, "1": 1, "fc1": 0, "fc2": 1}[inner]
        return f"_blocks.{starts[int(stage) - 1] + int(unit)}.{with_expansion[place][which]}.{kind}"

    return changed


def children(name: str) -> str:
    """A residual network as nn.Sequential(*children) numbers its parts."""
    first, _, rest = name.partition(".")
    return f"{('conv1', 'bn1', 'relu', 'maxpool', 'layer1', 'layer2', 'layer3', 'layer4').index(first)}.{rest}"


def linear(path: str, outs: int, ins: int) -> dict[str, tuple[int, ...]]:
    """The shapes of a linear layer."""
    return {f"{path}.weight": (outs, ins), f"{path}.bias": (outs,)}


def conv(path: str, *shape: int) -> dict[str, tuple[int, ...]]:
    """The shapes of a convolution with a bias."""
    return {f"{path}.weight": shape, f"{path}.bias": shape[:1]}


def norm(path: str, width: int) -> dict[str, tuple[int, ...]]:
    """The shapes of a normalisation."""
    return {f"{path}.{kind}": (width,) for kind in ("weight", "bias", "running_mean", "running_var")}


LOUD, STRANGE = "HEAD NOT CONVERTED", "fits no registered network"
BARE, CLASSES = {"num_classes": 0}, {"num_classes": 4}
NECK = conv("neck.lateral_convs.0.conv", 256, 512, 1, 1) | conv("rpn_head.rpn_conv", 256, 256, 3, 3)
FPN = conv("backbone.fpn.inner_blocks.0", 256, 256, 1, 1) | linear("roi_heads.box_head.fc6", 1024, 12544)
DECODER = {"decoder.blocks.0.conv1.0.weight": (256, 768, 3, 3), **conv("segmentation_head.0", 1, 16, 3, 3)}
DOTTED = by((r"(denselayer\d+\.(?:norm|conv))(\d)", r"\1.\2"))
PROJECTION = linear("projection_head.layers.0", 512, 512) | linear("projection_head.layers.3", 128, 512)
SWAV = linear("projection_head.0", 2048, 2048) | norm("projection_head.1", 2048)
SWAV |= linear("projection_head.3", 128, 2048) | {"prototypes.weight": (3000, 128)}
FLAT = {"num_classes": 0, "hidden": False}
OLD_HEAD = linear("cnn.classifier.1", 4096, 25088) | linear("cnn.classifier.4", 4096, 4096) | linear("fc", 1024, 4096)
OLD_VGG = by((r"^features\.", "cnn.features.module."))
TORCH = (
    Report(f"{GITHUB}/pytorch/pytorch/issues/3805", "densenet121", after("module.")),
    Report(f"{GITHUB}/Helias/Car-Model-Recognition/issues/2", "resnet50", built={"num_classes": 3},
           options={"num_classes": 3}),
    Report(f"{GITHUB}/Spijkervet/BYOL/issues/5", "resnet18"),
    Report(f"{GITHUB}/open-mmlab/mmpretrain/issues/18", "resnet50",
           by((r"^fc\.", "head.fc."), (r"^(?!head)", "backbone."))),
    Report(f"{GITHUB}/kooyunmo/GAN-detector/issues/19", "xception",
           by((r"^fc\.", "last_linear."))),
    Report(f"{GITHUB}/Cadene/pretrained-models.pytorch/issues/36", "resnext101_32x4d", lua),
    Report(f"{GITHUB}/zoogzog/chexnet/issues/11", "densenet121",
           lambda n: DOTTED(f"module.densenet121.{n.replace('classifier', 'classifier.0')}"),
           {"num_classes": 14}, options={"num_classes": 14}),
    Report(f"{GITHUB}/DeepMotionAIResearch/DenseASPP/issues/9", "densenet161", DOTTED),
    Report(f"{GITHUB}/lukemelas/EfficientNet-PyTorch/issues/23", "efficientnet_b0.tf",
           flat_blocks(1, 2, 2, 3, 3, 4, 1)),
    Report(f"{GITHUB}/PyRetri/PyRetri/issues/29", "vgg16_d", built={"num_classes": 1365},
           options={"num_classes": 1365}),
    Report(f"{GITHUB}/wasidennis/AdaptSegNet/issues/93", "vgg16_d", by((r"^features\.", "")),
           FLAT, options=FLAT),
    Report(f"{GITHUB}/timesler/facenet-pytorch/issues/93", "inception_resnet_v1",
           built={"num_classes": 8631}, options={"num_classes": 8631}),
    Report(f"{GITHUB}/VectXmy/FCOS.Pytorch/issues/1", "resnet18", beside=linear("fc", 1000, 512), built=BARE,
           given=BARE, options=BARE, said=f"{LOUD}, as asked: fc"),
    Report(f"{GITHUB}/open-mmlab/mmdetection/issues/574", "resnet18", after("backbone."), BARE, NECK, BARE, BARE,
           said="frozen batch normalisation"),
    Report(f"{GITHUB}/open-mmlab/mmdetection/issues/574#whole", "resnet18", after("backbone."), BARE, NECK,
           options=None, said=f"{LOUD}: in.pth has the backbone resnet18 under 'backbone.'"),
    Report(f"{GITHUB}/alankbi/detecto/issues/50", "resnet18", after("backbone.body."), BARE, FPN, BARE, BARE,
           said="frozen batch normalisation"),
    Report(f"{GITHUB}/opengeos/geoai/issues/485", "resnet34", after("encoder."), BARE, DECODER, BARE, BARE, said=LOUD),
    Report(f"{GITHUB}/qubvel-org/segmentation_models.pytorch/issues/898", "efficientnet_b0.tf",
           lambda n: f"model.encoder.{flat_blocks(1, 2, 2, 3, 3, 4, 1)(n)}", BARE,
           {f"model.{name}": shape for name, shape in DECODER.items()}, BARE, BARE, said=LOUD),
    Report(f"{GITHUB}/lightly-ai/lightly/issues/1475", "resnet18", after("backbone."), BARE, PROJECTION, BARE, BARE,
           said=LOUD),
    Report(f"{GITHUB}/lightly-ai/lightly/issues/1265", "resnet18", lambda n: f"backbone.{children(n)}", BARE,
           PROJECTION, {"head": "relu"}, {"head": "linear:512,relu,linear:128"}),
    Report(f"{GITHUB}/layumi/Person_reID_baseline_pytorch/issues/103", "resnet18", after("model."), BARE,
           linear("classifier.add_block.0", 256, 512) | norm("classifier.add_block.1", 256)
           | linear("classifier.classifier.0", 156, 256), {"head": "linear,batch_norm,dropout,linear"},
           {"head": "linear:256,batch_norm,dropout,linear:156"}),
    Report(f"{GITHUB}/fartashf/vsepp/issues/10", "vgg19_e", OLD_VGG, FLAT, OLD_HEAD, options=None,
           said='--head "linear,relu,dropout,linear,relu,linear"'),
    Report(f"{GITHUB}/fartashf/vsepp/issues/10#head", "vgg19_e", OLD_VGG, FLAT, OLD_HEAD, {"head": "relu,dropout"},
           {"hidden": False, "head": "linear:4096,relu,dropout,linear:4096,relu,dropout,linear:1024"}),
    Report(f"{GITHUB}/bearpaw/pytorch-classification/issues/34", "vgg16_d", str, FLAT,
           linear("classifier", 10, 512), options=None, said=LOUD),
    Report(f"{GITHUB}/Yukun-Huang/Person-Attribute-Recognition-MarketDuke/issues/41", "resnet18",
           after("features."), BARE, linear("class_0.add_block.0", 256, 512) | linear("class_1.add_block.0", 256, 512),
           options=None, said="no chain of linear layers"),
    Report(f"{GITHUB}/huggingface/pytorch-image-models/issues/43", "efficientnet_b0",
           dialect("timm", "efficientnet_b0").weight, {"num_classes": 30}, options=None,
           said="fit efficientnet_b0 and efficientnet_b0.tf, which compute different functions"),
    Report(f"{GITHUB}/facebookresearch/moco/issues/84", "resnet18", after("encoder_q."), BARE,
           linear("encoder_q.fc", 128, 512), options={"num_classes": 128}, prefix="encoder_q"),
    Report(f"{GITHUB}/facebookresearch/swav/issues/109", "resnet50", str, BARE, SWAV, options=None,
           said='--head "linear,batch_norm,relu,linear,relu,linear" says so (in Python, head=...'),
    Report(f"{GITHUB}/facebookresearch/swav/issues/43", "resnet50", str, BARE, SWAV, BARE, BARE,
           said=f"{LOUD}, as asked: projection_head.0, projection_head.1, projection_head.3 and prototypes"),
    Report(f"{GITHUB}/moskomule/senet.pytorch/issues/18", "resnet50", str, {},
           conv("layer1.0.se.fc.0", 16, 256) | conv("layer1.0.se.fc.2", 256, 16), BARE, None, said=STRANGE),
    Report(f"{GITHUB}/deepinsight/insightface/issues/1509", "resnet18", str, {},
           {"prelu.weight": (64,), "layer1.0.prelu.weight": (64,), **norm("layer1.0.bn3", 64)}, BARE, None,
           said=STRANGE),
    Report(f"{GITHUB}/kampta/face-seg/issues/4", "mobilenet_v2", after("backbone."), {},
           conv("dconv1", 1280, 96, 4, 4) | conv("invres1.conv.0", 192, 192, 1, 1), said="left out: dconv1.weight"),
)  # fmt: skip


def filled(report: Report) -> tuple[dict[str, Any], dict[str, float]]:
    """(tensors of the file, each of one number, our name of a weight -> its number)."""
    net = traced(report.network, dict(report.built))
    numbers = {name: float(place) for place, name in enumerate(net.weights, 1)}
    arrays = {report.names(name): np.broadcast_to(np.float32(numbers[name]), tuple(map(int, weight.shape)))
              for name, weight in net.weights.items()}  # fmt: skip
    beside = {
        name: np.broadcast_to(np.float32(-place), shape) for place, (name, shape) in enumerate(report.beside.items(), 1)
    }
    assert len(arrays) == len(numbers)
    assert not arrays.keys() & beside
    return arrays | beside, numbers


@pytest.mark.parametrize("report", TORCH, ids=lambda report: report.link.removeprefix(f"{GITHUB}/"))
def test_what_becomes_of_a_file_of_a_report(report: Report) -> None:
    arrays, numbers = filled(report)
    file = part_of(Tensors(Path("in.pth"), "torch", arrays), report.prefix)
    if report.options is None:
        with pytest.raises(DiptychError, match=re.escape(report.said)):
            identified(file, None, report.given)
        return
    found = identified(file, None, report.given)
    assert found.net == traced(report.result or report.network, dict(report.options))
    assert not report.said or any(report.said in note for note in found.notes)
    named = found.checkpoint.named(found.net)
    own = {name: named[name].flat[0] for name in found.net.weights}
    head = [number for name, number in own.items() if name not in numbers]
    assert all(number == numbers[name] for name, number in own.items() if name in numbers)
    assert head == [-place for place in range(1, len(head) + 1)]


def test_b8_of_timm_is_b7_with_other_factors() -> None:
    """timm counts 87,413,142 parameters of tf_efficientnet_b8."""
    given = {"width": 2.2, "depth": 3.6}
    names = dialect("timm", "efficientnet_b7.tf").weight
    arrays, numbers = filled(Report(GITHUB, "efficientnet_b7.tf", names, given))
    found = identified(Tensors(Path("in.pth"), "torch", arrays), "efficientnet_b7.tf", given)
    assert found.net.params == 87_413_142
    named = found.checkpoint.named(found.net)
    assert {name: named[name].flat[0] for name in found.net.weights} == numbers


def keras(name: str, library: str, names: Names, **options: Any) -> Layers:
    """A file of Keras's layers, each array of one number, which counts them."""
    whole = hollow(traced(name, options), dialect(library, name), layers=True)
    assert isinstance(whole, Layers)
    layers, place = dict[str, list[Any]](), 0
    for layer, arrays in whole.layers.items():
        layers[names(layer)] = [np.broadcast_to(np.float32(place + n), a.shape) for n, a in enumerate(arrays, 1)]
        place += len(arrays)
    return Layers(whole.path, whole.format, layers, {})


def shifted(name: str) -> str:
    """A name as Keras made it up after another model."""
    kind, _, number = name.rpartition("_")
    if name in ("conv2d", "batch_normalization"):
        return f"{name}_95"
    return f"{kind}_{int(number) + 95}" if kind in ("conv2d", "batch_normalization") else name


@pytest.mark.parametrize(
    ("link", "name", "library", "names", "options"),
    [
        (f"{GITHUB}/keras-team/keras/issues/11733", "mobilenet_v1_100.keras", "keras.applications", str, CLASSES),
        (f"{GITHUB}/googlecolab/colabtools/issues/2182", "inception_v3.keras", "keras.applications", shifted, BARE),
        (f"{GITHUB}/DrSleep/tensorflow-deeplab-resnet/issues/182", "resnet50.keras2", "keras 2", str, {}),
    ],
)  # fmt: skip
def test_what_becomes_of_a_keras_file_of_a_report(
    link: str, name: str, library: str, names: Names, options: dict[str, Any]
) -> None:
    found = identified(keras(name, library, names, **options), None, {})
    assert found.net == traced(name, options), link
    ours = {key: array.flat[0] for key, array in found.checkpoint.named(found.net).items()}
    assert ours.keys() == found.net.weights.keys()
    assert sorted(ours.values()) == list(range(1, len(ours) + 1))  # each array in one place
    first, *_ = found.net.weights
    assert ours[first] == 1


def test_one_of_two_networks_is_asked_for() -> None:
    """facebookresearch/dino/issues/65: of student and teacher the one is wrapped."""
    weights = traced("resnet18", BARE).weights.items()
    both = {f"{prefix}{name}": np.broadcast_to(np.float32(number), tuple(map(int, weight.shape)))
            for number, prefix in enumerate(("student.module.backbone.", "teacher.backbone."))
            for name, weight in weights}  # fmt: skip
    file = Tensors(Path("in.pth"), "torch", both)
    with pytest.raises(DiptychError, match=r"'student\.' \(\d+ tensors\), 'teacher\.'.*--prefix student\."):
        identified(file, None, {})
    for number, prefix in enumerate(("student", "teacher")):
        found = identified(part_of(file, prefix), None, {})
        assert found.net == traced("resnet18", BARE)
        assert {array.flat[0] for array in found.checkpoint.named(found.net).values()} == {number}


def test_there_are_thirty_of_them() -> None:
    links = {report.link.partition("#")[0] for report in TORCH}
    assert len(links) + 3 + 1 >= 30
    assert dialect(OWN, "resnet18").plain
