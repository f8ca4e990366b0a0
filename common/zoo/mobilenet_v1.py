"""MobileNet (Howard et al. 2017, MobileNets: Efficient Convolutional Neural Networks for Mobile Vision), table 1.

`mobilenet_v1_100` and its narrower kin are timm's form. Those named `.keras` are keras.applications': TensorFlow's SAME
padding in the first layer, one row below and one column to the right at every other stride, another epsilon and
momentum, dropout, and a 1x1 convolution as classifier, which is the linear layer here; it ends in a softmax by default,
where all forms here give logits. The resolution multiplier of the paper is the input size. `output_stride` is timm's
option of that name.
"""

from __future__ import annotations

import itertools
from dataclasses import replace

from ..blocks.conv_norm import TORCH, Style
from ..blocks.depthwise_separable import depthwise_separable
from ..blocks.make_divisible import make_divisible
from ..blocks.output_stride import WHOLE, rates
from ..errors import SpecError
from ..ops.conv import conv
from ..ops.dropout import dropout
from ..ops.global_avg_pool import global_avg_pool
from ..ops.linear import linear
from ..ops.relu6 import relu6
from ..registry import Network
from ..trace import Value, stack

TABLE = ((64, 1, 1), (128, 2, 2), (256, 2, 2), (512, 6, 2), (1024, 2, 2))  # channels, repeats, stride of the first
WIDTHS = {"025": 0.25, "050": 0.5, "075": 0.75, "100": 1.0}  # table 6
KERAS = Style(eps=1e-3, momentum=1e-2, same="even")


def scaled(channels: int, width: float, keras: bool) -> int:
    """Channels under the width multiplier; keras.applications cuts off the fraction and rounds to no multiple."""
    if not keras:
        return make_divisible(channels * width)
    if not 1 <= channels * width < float("inf"):
        raise SpecError(f"{channels} channels times width {width} leaves none; width is a positive number such as 0.25")
    return int(channels * width)


def mobilenet_v1(x: Value, num_classes: int, width: float, keras: bool = False, output_stride: int = WHOLE) -> Value:
    """MobileNet: depthwise separable convolutions of one kind, without shortcuts."""
    style = KERAS if keras else TORCH
    first = replace(style, same=keras)
    x = conv(x, scaled(32, width, keras), 3, stride=2, pad=first.pad(3), bias=False, name="conv_stem")
    x = relu6(first.norm(x, "bn1"))
    strides = [1 if index else stride for _, repeats, stride in TABLE for index in range(repeats)]
    units = iter(rates(strides, 2, output_stride))
    with stack("blocks"):
        for stage, (channels, repeats, _) in enumerate(TABLE):
            with stack(str(stage)):
                for stride, dilation in itertools.islice(units, repeats):
                    x = depthwise_separable(x, scaled(channels, width, keras), stride, style=style, dilation=dilation)
    x = global_avg_pool(x, name="global_pool")
    x = dropout(x, 1e-3, name="dropout") if keras else x
    return linear(x, num_classes, name="classifier")


def _network(number: str, width: float, source: str) -> Network:
    """One width of one form, in which it may be chosen anew."""
    keras = source == "keras.applications"
    name = f"mobilenet_v1_{number}" + (".keras" if keras else "")
    title = f"MobileNet V1{f' x{width}' if width < 1 else ''} ({source})"
    aliases = ("mobilenet_v1",) if name == "mobilenet_v1_100" else ()
    arguments = {"width": width, "keras": keras, "output_stride": WHOLE}
    return Network(name, title, mobilenet_v1, arguments, source, aliases, options=("width", "output_stride"))


NETWORKS = tuple(
    _network(number, width, source) for source in ("timm", "keras.applications") for number, width in WIDTHS.items()
)
CANONICAL = "mobilenet_v1_100"
