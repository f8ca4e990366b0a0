"""Squeeze-and-excitation networks: timm shares our names in the form that it calls legacy."""

from __future__ import annotations

from ..dialect import same

DIALECTS = same(
    "timm",
    **{f"se_resnet{depth}": f"legacy_seresnet{depth}" for depth in (18, 34, 50, 101, 152)},
    **{f"se_resnext{depth}_32x4d": f"legacy_seresnext{depth}_32x4d" for depth in (50, 101)},
    senet154="legacy_senet154",
)
