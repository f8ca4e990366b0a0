"""Inception-ResNet."""

from __future__ import annotations

import re

from . import Reference

STEM = ("conv2d_1a", "conv2d_2a", "conv2d_2b", "conv2d_3b", "conv2d_4a", "conv2d_4b")
HEAD = {"last_linear": "fc1", "last_bn": "bn", "logits": "fc2"}


def pytorchcv(name: str) -> str:
    """pytorchcv's name of a weight of ours, version 1."""
    first, _, rest = name.partition(".")
    if first in HEAD:
        return f"output.{HEAD[first]}.{rest}"
    if first in STEM:
        return f"features.init_block.conv{STEM.index(first) + 1}.{rest}"
    if first.startswith("repeat"):
        stage, (number, _, rest) = int(first[-1]), rest.partition(".")
        unit = int(number) + (1 if stage == 1 else 2)
    else:
        stage, unit = {"mixed_6a": (2, 1), "mixed_7a": (3, 1), "block8": (3, 7)}[first]
    return f"features.stage{stage}.unit{unit}.{_inside(rest, first == 'mixed_6a')}"


def _inside(rest: str, listed: bool) -> str:
    """The same inside a module; `listed` says that a branch of one convolution is a list of one."""
    if rest.startswith("conv2d."):
        return rest.replace("conv2d.", "conv.", 1)
    number, index, layer = re.fullmatch(r"branch(\d)\.(?:(\d)\.)?(.+)", rest).groups()  # type: ignore[union-attr]
    place = f"conv_list.conv{int(index or 0) + 1}" if index or listed else "conv"
    return f"branches.branch{int(number) + 1}.{place}.{layer}"


# keras.applications numbers most convolutions of Inception-ResNet-v2 in the order in which its source makes them.
BLOCK35 = "0 1.0 1.1 2.0 2.1 2.2"
BLOCK = "0 1.0 1.1 1.2"
MODULES = [
    ("mixed_5b", "0 1.0 1.1 2.0 2.1 2.2 3.1"),
    *((f"repeat.{i}", BLOCK35) for i in range(10)),
    ("mixed_6a", BLOCK),
    *((f"repeat_1.{i}", BLOCK) for i in range(20)),
    ("mixed_7a", "0.0 0.1 1.0 1.1 2.0 2.1 2.2"),
    *((f"repeat_2.{i}", BLOCK) for i in range(9)),
    ("block8", BLOCK),
]
NUMBERED = [*STEM[:5], *(f"{module}.branch{name}" for module, names in MODULES for name in names.split())]
REPEATS = {"35": "repeat", "17": "repeat_1", "8": "repeat_2"}


def keras(layer: str) -> str:
    """Our name of a layer of keras.applications' InceptionResNetV2."""
    known = {"predictions": "classif", "conv_7b": "conv2d_7b.conv", "conv_7b_bn": "conv2d_7b.bn"}
    known |= {"block8_10_conv": "block8.conv2d"}
    if layer in known:
        return known[layer]
    if found := re.fullmatch(r"block(\d+)_(\d+)_conv", layer):
        return f"{REPEATS[found[1]]}.{int(found[2]) - 1}.conv2d"
    if found := re.fullmatch(r"(conv2d|batch_normalization)_?(\d*)", layer):
        return f"{NUMBERED[int(found[2] or 0)]}.{'conv' if found[1] == 'conv2d' else 'bn'}"
    raise LookupError(layer)


REFERENCES = (
    Reference("inception_resnet_v1", "pytorchcv", "inceptionresnetv1", names=pytorchcv),
    Reference("inception_resnet_v2", "timm", "inception_resnet_v2"),
    Reference("inception_resnet_v2.keras", "keras.applications", "InceptionResNetV2", names=keras),
)
