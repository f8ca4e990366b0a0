"""GhostNet: timm calls the layers of a gate otherwise, and its last stage before the pool is a block."""

from __future__ import annotations

from ..dialect import Dialect, rules

TIMM = rules(
    ("*.se.fc1", "*.se.conv_reduce"),
    ("*.se.fc2", "*.se.conv_expand"),
    ("blocks.9.0", "blocks.9.0.conv"),
    ("blocks.9.1", "blocks.9.0.bn1"),
)
NAMES = {"ghostnet_0_5": "ghostnet_050", "ghostnet_1_0": "ghostnet_100", "ghostnet_1_3": "ghostnet_130"}

DIALECTS = tuple(Dialect("timm", ours, theirs, TIMM) for ours, theirs in NAMES.items())
