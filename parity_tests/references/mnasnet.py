"""MnasNet."""

from __future__ import annotations

import re
from collections.abc import Callable

from . import Reference

GATED = {"a1": (1, 3, 4), "small": (2, 3, 4)}  # stages with gates, counted from 0 after the first unit
UNIT = {"0": "conv_pw", "1": "bn1", "3": "conv_dw", "4": "bn2", "6": "conv_pwl", "7": "bn3"}
WITH_GATE = UNIT | {"6.fc1": "se.conv_reduce", "6.fc2": "se.conv_expand", "7": "conv_pwl", "8": "bn3"}
FIRST = {"0": "conv_dw", "1": "bn1", "3": "conv_pw", "4": "bn2"}
ENDS = {"0": "conv_stem", "1": "bn1", "-3": "conv_head", "-2": "bn2"}


def b1(name: str) -> str:
    """Timm's name of a weight of ours in torchvision's form, whose first unit is no block of its own."""
    flat = re.fullmatch(r"layers\.([3467])\.(\w+)", name)
    return named("b1", f"layers.3.layers.{int(flat[1]) - 3}.{flat[2]}" if flat else name, 8)


def named(variant: str, name: str, start: int = 4) -> str:
    """Timm's name of a weight of ours; our stages are numbered from `start` on."""
    if found := re.fullmatch(r"layers\.3\.layers\.(\d)\.(\w+)", name):
        return f"blocks.0.0.{FIRST[found[1]]}.{found[2]}"
    if found := re.fullmatch(r"layers\.(\d+)\.(\d)\.layers\.(.+)\.(\w+)", name):
        stage = int(found[1]) - start
        layers = WITH_GATE if stage in GATED.get(variant, ()) else UNIT
        return f"blocks.{stage + 1}.{found[2]}.{layers[found[3]]}.{found[4]}"
    if found := re.fullmatch(r"layers\.(\d+)\.(\w+)", name):
        number = int(found[1])
        return f"{ENDS[str(number if number < start else number - start - 9)]}.{found[2]}"
    return re.sub(r"^classifier\.1\.", "classifier.", name)


def a1(name: str) -> str:
    """Timm's name of a weight of MnasNet-A1."""
    return named("a1", name)


def small(name: str) -> str:
    """Timm's name of a weight of MnasNet-small."""
    return named("small", name)


def _timm(network: str, name: str, names: Callable[[str], str], **options: float) -> Reference:
    return Reference(network, "timm", name, names=names, options=options)


REFERENCES = (
    Reference("mnasnet_b1", "torchvision", "mnasnet1_0"),
    Reference("mnasnet_0_5", "torchvision", "mnasnet0_5"),
    Reference("mnasnet_0_75", "torchvision", "mnasnet0_75"),
    Reference("mnasnet_1_3", "torchvision", "mnasnet1_3"),
    _timm("mnasnet_b1", "mnasnet_100", b1),
    _timm("mnasnet_0_5", "mnasnet_050", b1),
    _timm("mnasnet_0_75", "mnasnet_075", b1),
    _timm("mnasnet_b1", "mnasnet_140", b1, width=1.4),
    _timm("mnasnet_a1", "semnasnet_100", a1),
    _timm("mnasnet_a1", "semnasnet_050", a1, width=0.5),
    _timm("mnasnet_a1", "semnasnet_075", a1, width=0.75),
    _timm("mnasnet_a1", "semnasnet_140", a1, width=1.4),
    _timm("mnasnet_small", "mnasnet_small", small),
)
