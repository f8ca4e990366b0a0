"""Inception-ResNet: timm shares our names; Keras makes up most of keras.applications', pytorchcv counts from 1."""

from __future__ import annotations

from ..dialect import Dialect, rules, same

STEM = ("conv2d_1a", "conv2d_2a", "conv2d_2b", "conv2d_3b", "conv2d_4a", "conv2d_4b")
STAGE = "features.stage"
UNITS = {  # of pytorchcv
    "repeat_1.{b}": f"{STAGE}1.unit{{b+1}}",
    "mixed_6a": f"{STAGE}2.unit1",
    "repeat_2.{b}": f"{STAGE}2.unit{{b+2}}",
    "mixed_7a": f"{STAGE}3.unit1",
    "block8": f"{STAGE}3.unit7",
    "repeat_3.{b}": f"{STAGE}3.unit{{b+2}}",
}
PYTORCHCV = rules(
    *((f"{layer}.*", f"features.init_block.conv{place}.*") for place, layer in enumerate(STEM, 1)),
    ("mixed_6a.branch0.*", f"{STAGE}2.unit1.branches.branch1.conv_list.conv1.*"),  # a list of one
    *(
        (f"{ours}.branch{{n}}.{{c}}.*", f"{theirs}.branches.branch{{n+1}}.conv_list.conv{{c+1}}.*")
        for ours, theirs in UNITS.items()
    ),
    *((f"{ours}.branch{{n}}.*", f"{theirs}.branches.branch{{n+1}}.conv.*") for ours, theirs in UNITS.items()),
    *((f"{ours}.conv2d", f"{theirs}.conv") for ours, theirs in UNITS.items()),
    ("last_linear", "output.fc1"),
    ("last_bn", "output.bn"),
    ("logits", "output.fc2"),
)

LARGE = "0 1.0 1.1 2.0 2.1 2.2"
SMALL = "0 1.0 1.1 1.2"
MODULES = (
    ("mixed_5b", f"{LARGE} 3.1"),
    *((f"repeat.{index}", LARGE) for index in range(10)),
    ("mixed_6a", SMALL),
    *((f"repeat_1.{index}", SMALL) for index in range(20)),
    ("mixed_7a", "0.0 0.1 1.0 1.1 2.0 2.1 2.2"),
    *((f"repeat_2.{index}", SMALL) for index in range(9)),
    ("block8", SMALL),
)
NUMBERED = (*STEM[:5], *(f"{module}.branch{branch}" for module, branches in MODULES for branch in branches.split()))
"""A convolution and its normalisation each, in the order in which the source of keras.applications makes them."""
KERAS = rules(
    *((f"{unit}.conv", f"conv2d_{number}" if number else "conv2d") for number, unit in enumerate(NUMBERED)),
    *(
        (f"{unit}.bn", f"batch_normalization_{number}" if number else "batch_normalization")
        for number, unit in enumerate(NUMBERED)
    ),
    ("repeat.{b}.conv2d", "block35_{b+1}_conv"),
    ("repeat_1.{b}.conv2d", "block17_{b+1}_conv"),
    ("block8.conv2d", "block8_10_conv"),
    ("repeat_2.{b}.conv2d", "block8_{b+1}_conv"),
    ("conv2d_7b.conv", "conv_7b"),
    ("conv2d_7b.bn", "conv_7b_bn"),
    ("classif", "predictions"),
)

DIALECTS = (
    Dialect("pytorchcv", "inception_resnet_v1", "inceptionresnetv1", PYTORCHCV),
    *same("timm", "inception_resnet_v2"),
    Dialect("keras.applications", "inception_resnet_v2.keras", "InceptionResNetV2", KERAS),
)
