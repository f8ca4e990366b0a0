"""GhostNet."""

from __future__ import annotations

from . import Reference

NAMES = (
    (r"(.+\.se)\.fc1(\..+)", r"\1.conv_reduce\2"),
    (r"(.+\.se)\.fc2(\..+)", r"\1.conv_expand\2"),
    (r"blocks\.9\.0(\..+)", r"blocks.9.0.conv\1"),
    (r"blocks\.9\.1(\..+)", r"blocks.9.0.bn1\1"),
)

REFERENCES = (
    Reference("ghostnet_0_5", "timm", "ghostnet_050", names=NAMES),
    Reference("ghostnet_1_0", "timm", "ghostnet_100", names=NAMES),
    Reference("ghostnet_1_3", "timm", "ghostnet_130", names=NAMES),
)
