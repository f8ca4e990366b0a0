"""Squeeze-and-excitation networks."""

from __future__ import annotations

from . import Reference

NAMES = {f"se_resnet{depth}": f"legacy_seresnet{depth}" for depth in (18, 34, 50, 101, 152)}
NAMES |= {f"se_resnext{depth}_32x4d": f"legacy_seresnext{depth}_32x4d" for depth in (50, 101)}
NAMES |= {"senet154": "legacy_senet154"}
REFERENCES = tuple(Reference(ours, "timm", theirs) for ours, theirs in NAMES.items())
