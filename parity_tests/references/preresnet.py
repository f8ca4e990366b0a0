"""Pre-activation residual networks."""

from __future__ import annotations

import re

from . import Reference

KINDS = {"preact_bn": "bn1", "1_bn": "bn2", "2_bn": "bn3", "0_conv": "downsample.0"}
KINDS |= {f"{number}_conv": f"conv{number}" for number in (1, 2, 3)}
OUTSIDE = {"conv1_conv": "conv1", "post_bn": "post_bn", "predictions": "fc"}
TIMM = (
    (r"conv1\.(.+)", r"stem.conv.\1"),
    (r"post_bn\.(.+)", r"norm.\1"),
    (r"fc\.(.+)", r"head.fc.\1"),
)
PYTORCHCV = (
    (r"(conv|bn)1\.(.+)", r"features.init_block.\1.\2"),
    (r"post_bn\.(.+)", r"features.post_activ.bn.\1"),
    (r"fc\.(.+)", r"output.\1"),
)


def of_keras(layer: str) -> str:
    """Our name of a layer of keras.applications: its stage 2 is our layer1, and both it and its blocks count from 1."""
    if found := re.fullmatch(r"conv(\d)_block(\d+)_(.+)", layer):
        return f"layer{int(found[1]) - 1}.{int(found[2]) - 1}.{KINDS[found[3]]}"
    return OUTSIDE[layer]


def in_timm(name: str) -> str:
    """timm's name of one of our weights."""
    if not (found := re.fullmatch(r"layer(\d)\.(\d+)\.(.+)", name)):
        return _outside(name, TIMM)
    inner = found[3].replace("bn", "norm").replace("downsample.0", "downsample.conv")
    return f"stages.{int(found[1]) - 1}.blocks.{found[2]}.{inner}"


def in_pytorchcv(name: str) -> str:
    """pytorchcv's name of one of our weights."""
    if not (found := re.fullmatch(r"layer(\d)\.(\d+)\.(.+)", name)):
        return _outside(name, PYTORCHCV)
    inner = re.sub(r"(conv|bn)(\d)\.", r"body.conv\2.\1.", found[3]).replace("downsample.0", "identity_conv")
    return f"features.stage{found[1]}.unit{int(found[2]) + 1}.{inner}"


def _outside(name: str, patterns: tuple[tuple[str, str], ...]) -> str:
    return next(re.sub(f"^{pattern}$", theirs, name) for pattern, theirs in patterns if re.fullmatch(pattern, name))


REFERENCES = (
    *(
        Reference(f"preresnet{depth}", "pytorchcv", f"preresnet{depth}{'b' if depth > 34 else ''}", names=in_pytorchcv)
        for depth in (18, 34, 50, 101, 152, 200)
    ),
    *(
        Reference(f"preresnet{depth}.timm", "timm", f"resnetv2_{depth}", names=in_timm)
        for depth in (18, 34, 50, 101, 152)
    ),
    *(
        Reference(f"preresnet{depth}.keras", "keras.applications", f"ResNet{depth}V2", names=of_keras)
        for depth in (50, 101, 152)
    ),
)
