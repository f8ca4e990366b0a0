"""Residual networks."""

from __future__ import annotations

import re

from . import Reference

KINDS = {"0_conv": "downsample.0", "0_bn": "downsample.1"}
KINDS |= {f"{number}_{kind}": f"{kind}{number}" for number in (1, 2, 3) for kind in ("conv", "bn")}
OUTSIDE = {"conv1_conv": "conv1", "conv1_bn": "bn1", "predictions": "fc"}


def named(layer: str) -> str:
    """Our name of a layer of keras.applications: its stage 2 is our layer1, and both it and its blocks count from 1."""
    if found := re.fullmatch(r"conv(\d)_block(\d+)_(.+)", layer):
        return f"layer{int(found[1]) - 1}.{int(found[2]) - 1}.{KINDS[found[3]]}"
    return OUTSIDE[layer]


REFERENCES = (
    *(
        Reference(f"resnet{depth}", library, f"resnet{depth}")
        for library in ("torchvision", "timm")
        for depth in (18, 34, 50, 101, 152)
    ),
    *(
        Reference(f"resnet{depth}.keras", "keras.applications", f"ResNet{depth}", names=named)
        for depth in (50, 101, 152)
    ),
    *(
        Reference(
            f"resnet{depth}",
            "torchvision",
            f"resnet{depth}",
            {"replace_stride_with_dilation": [False, stride == 8, True]},
            options={"output_stride": stride},
        )
        for depth, stride in ((50, 8), (50, 16), (101, 8))
    ),
    *(
        Reference(f"resnet{depth}", "timm", f"resnet{depth}", {"output_stride": stride}, (), {"output_stride": stride})
        for depth, stride in ((18, 8), (34, 16), (50, 8), (50, 16))
    ),
)
