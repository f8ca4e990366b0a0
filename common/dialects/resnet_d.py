"""ResNet-D: timm shares our names, in which the average pool of a shortcut has a place, as its absence has."""

from __future__ import annotations

from ..dialect import same

DIALECTS = same("timm", *(f"resnet{depth}d" for depth in (18, 26, 34, 50, 101, 152)))
