"""Residual networks: torchvision and timm share our names; keras.applications counts stages from 2, blocks from 1."""

from ..dialect import Dialect, rules, same

DEPTHS = (18, 34, 50, 101, 152)
BLOCK = "conv{s+1}_block{b+1}"
KERAS = rules(
    ("conv1", "conv1_conv"),
    ("bn1", "conv1_bn"),
    ("layer{s}.{b}.downsample.0", f"{BLOCK}_0_conv"),
    ("layer{s}.{b}.downsample.1", f"{BLOCK}_0_bn"),
    ("layer{s}.{b}.conv{n}", f"{BLOCK}_{{n}}_conv"),
    ("layer{s}.{b}.bn{n}", f"{BLOCK}_{{n}}_bn"),
    ("fc", "predictions"),
)

DIALECTS = (
    *same("torchvision", *(f"resnet{depth}" for depth in DEPTHS)),
    *same("timm", *(f"resnet{depth}" for depth in DEPTHS)),
    *(Dialect("keras.applications", f"resnet{depth}.keras", f"ResNet{depth}", KERAS) for depth in (50, 101, 152)),
)
