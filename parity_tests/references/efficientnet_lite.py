"""EfficientNet-Lite."""

from __future__ import annotations

import re

from . import Reference
from .efficientnet import OUTSIDE

WITHOUT = ("conv_dw", "bn1"), ("conv_pw", "bn2")
WITH = ("conv_pw", "bn1"), ("conv_dw", "bn2"), ("conv_pwl", "bn3")


def named(name: str) -> str:
    """timm's name of a weight: EfficientNet's, without squeeze and excitation."""
    path, _, kind = name.rpartition(".")
    if path in OUTSIDE:
        return f"{OUTSIDE[path]}.{kind}"
    found = re.fullmatch(r"features\.(\d)\.(\d+)\.block\.(\d)\.(\d)", path)
    assert found, name
    stage, index, part, layer = map(int, found.groups())
    return f"blocks.{stage - 1}.{index}.{(WITHOUT if stage == 1 else WITH)[part][layer]}.{kind}"


REFERENCES = tuple(
    Reference(f"efficientnet_lite{n}{form}", "timm", f"{prefix}efficientnet_lite{n}", names=named)
    for n in range(5)
    for form, prefix in (("", ""), (".tf", "tf_"))
)
