"""MobileNet, the first."""

from __future__ import annotations

import re

from . import Reference

WIDTHS = {"025": 0.25, "050": 0.5, "075": 0.75, "100": 1.0}
UNITS = [f"blocks.{stage}.{index}" for stage, repeats in enumerate((1, 2, 2, 6, 2)) for index in range(repeats)]
PARTS = {"dw": "conv_dw", "dw_bn": "bn1", "pw": "conv_pw", "pw_bn": "bn2"}
ENDS = {"conv1": "conv_stem", "conv1_bn": "bn1", "conv_preds": "classifier"}


def named(layer: str) -> str:
    """Our name of a layer of keras.applications' MobileNet, which counts its units from 1."""
    if found := re.fullmatch(r"conv_([dp]w)_(\d+)(_bn)?", layer):
        return f"{UNITS[int(found[2]) - 1]}.{PARTS[found[1] + (found[3] or '')]}"
    return ENDS[layer]


def _timm(network: str, width: float, chosen: bool = False) -> Reference:
    """The builder behind timm's models, of which few widths are registered."""
    arguments = {"variant": "mobilenetv1_100", "channel_multiplier": width}
    options = {"width": width} if chosen else {}
    return Reference(network, "timm", "efficientnet._gen_mobilenet_v1", arguments, options=options)


def _dilated(number: str, stride: int) -> Reference:
    arguments = {"variant": "mobilenetv1_100", "channel_multiplier": WIDTHS[number], "output_stride": stride}
    name = "efficientnet._gen_mobilenet_v1"
    return Reference(f"mobilenet_v1_{number}", "timm", name, arguments, options={"output_stride": stride})


def _keras(network: str, width: float, chosen: bool = False) -> Reference:
    options = {"width": width} if chosen else {}
    return Reference(network, "keras.applications", "MobileNet", {"alpha": width}, named, options)


REFERENCES = (
    Reference("mobilenet_v1_100", "timm", "mobilenetv1_100"),
    Reference("mobilenet_v1_100", "timm", "mobilenetv1_125", options={"width": 1.25}),
    *(_timm(f"mobilenet_v1_{number}", width) for number, width in WIDTHS.items() if width < 1),
    _timm("mobilenet_v1_100", 0.7, chosen=True),
    *(_keras(f"mobilenet_v1_{number}.keras", width) for number, width in WIDTHS.items()),
    _keras("mobilenet_v1_100.keras", 0.7, chosen=True),
    *(_dilated(width, stride) for width, stride in (("025", 8), ("100", 16))),
)
