"""ResNeXt."""

from __future__ import annotations

from . import Reference

NAMES = ("resnext50_32x4d", "resnext101_32x4d", "resnext101_32x8d", "resnext101_64x4d")
REFERENCES = (
    *(Reference(name, "torchvision", name) for name in NAMES if name != "resnext101_32x4d"),
    *(Reference(name, "timm", name) for name in NAMES),
    Reference(
        NAMES[0],
        "torchvision",
        NAMES[0],
        {"replace_stride_with_dilation": [False, True, True]},
        (),
        {"output_stride": 8},
    ),
)
