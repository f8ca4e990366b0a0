"""MobileNet V1: timm shares our names; keras.applications counts its units throughout, and its last layer convolves."""

from __future__ import annotations

from ..dialect import Dialect, rules, same

REPEATS = (1, 2, 2, 6, 2)
UNITS = [f"blocks.{stage}.{index}" for stage, count in enumerate(REPEATS) for index in range(count)]
PARTS = {"conv_dw": "conv_dw_{}", "bn1": "conv_dw_{}_bn", "conv_pw": "conv_pw_{}", "bn2": "conv_pw_{}_bn"}
SLIM_PARTS = {
    "conv_dw": "depthwise",
    "bn1": "depthwise/BatchNorm",
    "conv_pw": "pointwise",
    "bn2": "pointwise/BatchNorm",
}
KERAS = rules(
    ("conv_stem", "conv1"),
    ("bn1", "conv1_bn"),
    *(
        (f"{unit}.{ours}", theirs.format(number))
        for number, unit in enumerate(UNITS, 1)
        for ours, theirs in PARTS.items()
    ),
    ("classifier", "conv_preds", True),
)
SLIM = rules(  # after the scope MobilenetV1
    ("conv_stem", "Conv2d_0"),
    ("bn1", "Conv2d_0/BatchNorm"),
    *(
        (f"{unit}.{ours}", f"Conv2d_{number}_{theirs}")
        for number, unit in enumerate(UNITS, 1)
        for ours, theirs in SLIM_PARTS.items()
    ),
    ("classifier", "Logits/Conv2d_1c_1x1", True),
)
WIDTHS = {"025": 0.25, "050": 0.5, "075": 0.75, "100": 1.0}


def _keras(number: str, width: float) -> Dialect:
    name, arguments = f"mobilenet_v1_{number}.keras", {} if width == 1 else {"alpha": width}
    return Dialect("keras.applications", name, "MobileNet", KERAS, arguments, {"width": "alpha"})


DIALECTS = (
    *same("timm", mobilenet_v1_025="", mobilenet_v1_050="", mobilenet_v1_075="", mobilenet_v1_100="mobilenetv1_100"),
    *(_keras(number, width) for number, width in WIDTHS.items()),
    *(Dialect("tf-slim", f"mobilenet_v1_{number}.keras", "mobilenet_v1", SLIM) for number in WIDTHS),
)
