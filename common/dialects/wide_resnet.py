"""Wide residual networks: torchvision and timm share our names."""

from __future__ import annotations

from ..dialect import same

NAMES = ("wide_resnet50_2", "wide_resnet101_2")
DIALECTS = (*same("torchvision", *NAMES), *same("timm", *NAMES))
