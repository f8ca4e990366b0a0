"""MobileNetV2."""

from __future__ import annotations

import re

from . import Reference

LAYERS = (  # the layers of keras.applications by pattern
    (r"Conv1", "features.0.0"),
    (r"bn_Conv1", "features.0.1"),
    (r"expanded_conv_depthwise", "features.1.conv.0.0"),
    (r"expanded_conv_depthwise_BN", "features.1.conv.0.1"),
    (r"expanded_conv_project", "features.1.conv.1"),
    (r"expanded_conv_project_BN", "features.1.conv.2"),
    (r"block_(\d+)_expand", "features.{}.conv.0.0"),
    (r"block_(\d+)_expand_BN", "features.{}.conv.0.1"),
    (r"block_(\d+)_depthwise", "features.{}.conv.1.0"),
    (r"block_(\d+)_depthwise_BN", "features.{}.conv.1.1"),
    (r"block_(\d+)_project", "features.{}.conv.2"),
    (r"block_(\d+)_project_BN", "features.{}.conv.3"),
    (r"Conv_1", "features.18.0"),
    (r"Conv_1_bn", "features.18.1"),
    (r"predictions", "classifier.1"),
)


def named(layer: str) -> str:
    """Our name of a layer of keras.applications' MobileNetV2; block n of theirs is n + 1 of ours."""
    for pattern, name in LAYERS:
        if found := re.fullmatch(pattern, layer):
            return name.format(*(int(number) + 1 for number in found.groups()))
    raise LookupError(layer)


REPEATS = (1, 2, 3, 4, 3, 3, 1)  # units in a stage of timm
PARTS = {"0.0": "conv_pw", "0.1": "bn1", "1.0": "conv_dw", "1.1": "bn2", "2": "conv_pwl", "3": "bn3"}
FIRST = {"0.0": "conv_dw", "0.1": "bn1", "1": "conv_pw", "2": "bn2"}
ENDS = {
    "features.0.0": "conv_stem",
    "features.0.1": "bn1",
    "features.18.0": "conv_head",
    "features.18.1": "bn2",
    "classifier.1": "classifier",
}


def to_timm(name: str) -> str:
    """timm's name of a weight of ours: units by stage, their parts by what they do."""
    path, _, weight = name.rpartition(".")
    if path in ENDS:
        return f"{ENDS[path]}.{weight}"
    unit, part = re.fullmatch(r"features\.(\d+)\.conv\.(.+)", path).groups()  # type: ignore[union-attr]
    units = [f"blocks.{stage}.{index}" for stage, count in enumerate(REPEATS) for index in range(count)]
    return f"{units[int(unit) - 1]}.{(FIRST if unit == '1' else PARTS)[part]}.{weight}"


WIDTHS = (0.371, 0.5, 1.4)  # at 0.371 the two sources round differently

REFERENCES = (
    Reference("mobilenet_v2", "torchvision", "mobilenet_v2"),
    *(
        Reference("mobilenet_v2", "torchvision", "mobilenet_v2", {"width_mult": width}, options={"width": width})
        for width in WIDTHS
    ),
    Reference("mobilenet_v2.keras", "keras.applications", "MobileNetV2", names=named),
    *(
        Reference("mobilenet_v2.keras", "keras.applications", "MobileNetV2", {"alpha": width}, named, {"width": width})
        for width in WIDTHS
    ),
    Reference("mobilenet_v2", "timm", "mobilenetv2_100", names=to_timm),
    *(
        Reference("mobilenet_v2", "timm", "mobilenetv2_100", {"output_stride": n}, to_timm, {"output_stride": n})
        for n in (8, 16)
    ),
)
