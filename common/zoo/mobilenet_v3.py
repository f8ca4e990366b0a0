"""MobileNetV3 (Howard et al. 2019, Searching for MobileNetV3), tables 1 (large) and 2 (small).

The forms without an ending are torchvision's. Those named `.keras` are keras.applications': they take images of 0 to
255 and rescale them themselves, pad as TensorFlow's SAME, have 1x1 convolutions for the linear layers here, and end in
a softmax by default, where all forms here give logits. Those named `.tf` are timm's, for the weights that Google
published: SAME as well, without the rescaling and the dropout.

`output_stride` dilates as each source does: 16 is torchvision's `dilated=True`, where the unit whose stride is left out
is dilated, too; timm's option of that name dilates what comes after it (and so do the forms of keras.applications).
"""

from __future__ import annotations

from typing import Literal

from ..blocks.conv_norm import Style, conv_norm
from ..blocks.inverted_residual import inverted_residual
from ..blocks.make_divisible import make_divisible
from ..blocks.output_stride import WHOLE, rates
from ..ops.dropout import dropout
from ..ops.global_avg_pool import global_avg_pool
from ..ops.hard_sigmoid import hard_sigmoid
from ..ops.hard_swish import hard_swish
from ..ops.linear import linear
from ..ops.relu import relu
from ..ops.rescale import rescale
from ..registry import Network
from ..trace import Value, stack

Source = Literal["torchvision", "keras.applications", "timm", "timm's tf_"]
Row = tuple[int, int, int, bool, bool, int]

TABLE: dict[str, tuple[Row, ...]] = {  # kernel, expanded width, channels, SE, h-swish in place of ReLU, stride
    "large": (
        (3, 16, 16, False, False, 1),
        (3, 64, 24, False, False, 2),
        (3, 72, 24, False, False, 1),
        (5, 72, 40, True, False, 2),
        (5, 120, 40, True, False, 1),
        (5, 120, 40, True, False, 1),
        (3, 240, 80, False, True, 2),
        (3, 200, 80, False, True, 1),
        (3, 184, 80, False, True, 1),
        (3, 184, 80, False, True, 1),
        (3, 480, 112, True, True, 1),
        (3, 672, 112, True, True, 1),
        (5, 672, 160, True, True, 2),
        (5, 960, 160, True, True, 1),
        (5, 960, 160, True, True, 1),
    ),
    "small": (
        (3, 16, 16, True, False, 2),
        (3, 72, 24, False, False, 2),
        (3, 88, 24, False, False, 1),
        (5, 96, 40, True, True, 2),
        (5, 240, 40, True, True, 1),
        (5, 240, 40, True, True, 1),
        (5, 120, 48, True, True, 1),
        (5, 144, 48, True, True, 1),
        (5, 288, 96, True, True, 2),
        (5, 576, 96, True, True, 1),
        (5, 576, 96, True, True, 1),
    ),
}
HEAD = {"large": 1280, "small": 1024}
STYLES: dict[Source, Style] = {
    "torchvision": Style(eps=1e-3, momentum=1e-2),
    "keras.applications": Style(eps=1e-3, momentum=1e-3, same=True),
    "timm": Style(),
    "timm's tf_": Style(eps=1e-3, same=True),
}
TIMM: tuple[Source, ...] = ("timm", "timm's tf_")


def mobilenet_v3(
    x: Value,
    num_classes: int,
    size: str,
    width: float,
    source: Source,
    output_stride: int = WHOLE,
    hidden: bool = True,
) -> Value:
    """MobileNetV3, large or small, times a width, with or without the layer between the pool and the classifier."""
    keras, style = source == "keras.applications", STYLES[source]
    if keras:
        x = rescale(x, 1 / 127.5, -1.0, name="rescale")
    strides = (row[-1] for row in TABLE[size])
    units = rates(strides, 2, output_stride, after=source == "torchvision")
    with stack("features"):
        x = conv_norm(x, 16 if keras else make_divisible(16 * width), 3, 2, act=hard_swish, style=style)
        before = 16
        for (kernel, expanded, channels, squeezed, swish, _), (stride, dilation) in zip(
            TABLE[size], units, strict=True
        ):
            # torchvision scales what the table says, keras.applications the channels and from them what they expand to
            wide = make_divisible(x.channels * (expanded / before) if keras else expanded * width)
            x = inverted_residual(
                x,
                wide,
                make_divisible(channels * width),
                kernel,
                stride,
                make_divisible(wide // 4) if squeezed else 0,
                act=hard_swish if swish else relu,
                gate=hard_sigmoid,
                style=style,
                dilation=dilation,
            )
            before = channels
        x = conv_norm(x, 6 * x.channels, 1, act=hard_swish, style=style)
    x = global_avg_pool(x, name="avgpool")
    if keras and not num_classes:  # keras.applications' form without its top ends here
        return x
    with stack("classifier"):
        if hidden:
            x = hard_swish(linear(x, make_divisible(HEAD[size] * (max(width, 1.0) if keras else width))))
        return linear(dropout(x, 0.0 if source in TIMM else 0.2), num_classes)


def _network(size: str, source: Source, ending: str) -> Network:
    """One size in one form; the width may be chosen where the source has one rule for every width."""
    name, title, keras = f"mobilenet_v3_{size}{ending}", f"MobileNetV3 {size} ({source})", ending == ".keras"
    arguments = {"size": size, "width": 1.0, "source": source, "output_stride": WHOLE, "hidden": True}
    options = ("output_stride", *(("width",) if source not in TIMM else ()), *(("hidden",) if not keras else ()))
    sizes = ((64, 96), (97, 65))
    whose = "timm" if source in TIMM else source
    return Network(name, title, mobilenet_v3, arguments, whose, options=options, check_sizes=sizes)


ENDINGS: dict[Source, str] = {"torchvision": "", "keras.applications": ".keras", "timm's tf_": ".tf", "timm": ".timm"}
NETWORKS = tuple(_network(size, source, ending) for source, ending in ENDINGS.items() for size in ("small", "large"))
CANONICAL = "mobilenet_v3_large"
