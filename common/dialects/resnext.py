"""ResNeXt: torchvision and timm share our names."""

from __future__ import annotations

from ..dialect import same

DIALECTS = (
    *same("torchvision", "resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d"),
    *same("timm", "resnext50_32x4d", "resnext101_32x4d", "resnext101_32x8d", "resnext101_64x4d"),
)
