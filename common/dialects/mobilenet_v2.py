"""MobileNetV2: torchvision shares our names; keras.applications and timm name the parts of a unit, timm by stage."""

from __future__ import annotations

from ..dialect import Dialect, rules

LAYERS = ("0.0", "0.1", "1.0", "1.1", "2", "3")
KERAS_PARTS = ("expand", "expand_BN", "depthwise", "depthwise_BN", "project", "project_BN")
KERAS = rules(
    ("features.0.0", "Conv1"),
    ("features.0.1", "bn_Conv1"),
    *(
        (f"features.1.conv.{ours}", f"expanded_conv_{theirs}")
        for ours, theirs in zip((*LAYERS[:2], "1", "2"), KERAS_PARTS[2:], strict=True)
    ),
    *(
        (f"features.{{n+1}}.conv.{ours}", f"block_{{n}}_{theirs}")
        for ours, theirs in zip(LAYERS, KERAS_PARTS, strict=True)
    ),
    ("features.18.0", "Conv_1"),
    ("features.18.1", "Conv_1_bn"),
    ("classifier.1", "predictions"),
)
REPEATS = (1, 2, 3, 4, 3, 3, 1)
UNITS = [f"blocks.{stage}.{index}" for stage, count in enumerate(REPEATS) for index in range(count)]
TIMM_PARTS = ("conv_pw", "bn1", "conv_dw", "bn2", "conv_pwl", "bn3")
TIMM = rules(
    ("features.0.0", "conv_stem"),
    ("features.0.1", "bn1"),
    ("features.1.conv.0.0", "blocks.0.0.conv_dw"),
    ("features.1.conv.0.1", "blocks.0.0.bn1"),
    ("features.1.conv.1", "blocks.0.0.conv_pw"),
    ("features.1.conv.2", "blocks.0.0.bn2"),
    *(
        (f"features.{number}.conv.{ours}", f"{unit}.{theirs}")
        for number, unit in enumerate(UNITS[1:], 2)
        for ours, theirs in zip(LAYERS, TIMM_PARTS, strict=True)
    ),
    ("features.18.0", "conv_head"),
    ("features.18.1", "bn2"),
    ("classifier.1", "classifier"),
)

DIALECTS = (
    Dialect("torchvision", "mobilenet_v2", "mobilenet_v2", keywords={"width": "width_mult"}),
    Dialect("timm", "mobilenet_v2", "mobilenetv2_100", TIMM),
    Dialect("keras.applications", "mobilenet_v2.keras", "MobileNetV2", KERAS, keywords={"width": "alpha"}),
)
