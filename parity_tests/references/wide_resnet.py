"""Wide residual networks."""

from __future__ import annotations

from . import Reference

NAMES = ("wide_resnet50_2", "wide_resnet101_2")
DILATED = {"replace_stride_with_dilation": [False, False, True]}
REFERENCES = (
    *(Reference(name, library, name) for library in ("torchvision", "timm") for name in NAMES),
    Reference(NAMES[0], "torchvision", NAMES[0], DILATED, options={"output_stride": 16}),
)
