"""MnasNet (Tan et al. 2018, MnasNet: Platform-Aware Neural Architecture Search for Mobile), figure 7.

`mnasnet_b1` and its other widths are torchvision's form, which has no gates. `mnasnet_a1`, with gates, and
`mnasnet_small` are timm's, which is called semnasnet there: another momentum, no dropout, and a shortcut around the
first unit where its shape allows one.
"""

from __future__ import annotations

from ..blocks.conv_norm import TORCH, Style, layers
from ..blocks.inverted_residual import inverted_residual
from ..blocks.make_divisible import make_divisible
from ..ops.dropout import dropout
from ..ops.global_avg_pool import global_avg_pool
from ..ops.linear import linear
from ..ops.relu import relu
from ..registry import Network
from ..trace import Value, stack

Stage = tuple[int, int, int, int, int, bool]

TABLE: dict[str, tuple[int, int, tuple[Stage, ...]]] = {
    # channels of the stem and of the first unit; expansion, channels, kernel, stride of the first, repeats, gates
    "b1": (
        32,
        16,
        (
            (3, 24, 3, 2, 3, False),
            (3, 40, 5, 2, 3, False),
            (6, 80, 5, 2, 3, False),
            (6, 96, 3, 1, 2, False),
            (6, 192, 5, 2, 4, False),
            (6, 320, 3, 1, 1, False),
        ),
    ),
    "a1": (
        32,
        16,
        (
            (6, 24, 3, 2, 2, False),
            (3, 40, 5, 2, 3, True),
            (6, 80, 3, 2, 4, False),
            (6, 112, 3, 1, 2, True),
            (6, 160, 5, 2, 3, True),
            (6, 320, 3, 1, 1, False),
        ),
    ),
    "small": (
        8,
        8,
        (
            (3, 16, 3, 2, 1, False),
            (6, 16, 3, 2, 2, False),
            (6, 32, 5, 2, 4, True),
            (6, 32, 3, 1, 3, True),
            (6, 88, 5, 2, 3, True),
            (6, 144, 3, 1, 1, False),
        ),
    ),
}
TORCHVISION = Style(momentum=3e-4)


def mnasnet(x: Value, num_classes: int, variant: str, width: float = 1.0, timm: bool = False) -> Value:
    """MnasNet of the given variant and width, which leaves only the last convolution as it is."""
    style = TORCH if timm else TORCHVISION
    stem, first, stages = TABLE[variant]
    first = make_divisible(first * width)
    with stack("layers"):
        x = layers(x, make_divisible(stem * width), 3, 2, style=style)
        if timm:
            x = inverted_residual(x, x.channels, first, act=relu, style=style, chain="layers")
        else:
            x = layers(x, x.channels, 3, groups=x.channels, style=style)
            x = layers(x, first, 1, act=None, style=style)
        for number, row in enumerate(stages, start=4 if timm else 8):
            with stack(str(number)):
                x = stage(x, *row, width=width, style=style)
        x = layers(x, 1280, 1, style=style)
    x = global_avg_pool(x, name="avgpool")
    if timm:
        return linear(x, num_classes, name="classifier")
    with stack("classifier"):
        return linear(dropout(x, 0.2), num_classes)


def stage(
    x: Value,
    expand: int,
    channels: int,
    kernel: int,
    stride: int,
    repeats: int,
    gated: bool,
    width: float,
    style: Style,
) -> Value:
    """Inverted residuals in a row, of which the first has the stride; a gate has a quarter of its unit's input."""
    out = make_divisible(channels * width)
    for index in range(repeats):
        inner, squeeze = expand * x.channels, x.channels // 4 if gated else 0
        step = 1 if index else stride
        x = inverted_residual(x, inner, out, kernel, step, squeeze, relu, style=style, chain="layers")
    return x


def _torchvision(name: str, width: float, *aliases: str) -> Network:
    title = "MnasNet-B1" if width == 1 else f"MnasNet-B1 {width}"
    arguments = {"variant": "b1", "width": width}
    return Network(name, title, mnasnet, arguments, "torchvision", aliases, options=("width",))


def _timm(variant: str, title: str, *aliases: str) -> Network:
    arguments = {"variant": variant, "width": 1.0, "timm": True}
    return Network(f"mnasnet_{variant}", title, mnasnet, arguments, "timm", aliases, options=("width",))


NETWORKS = (
    _torchvision("mnasnet_b1", 1.0, "mnasnet1_0"),
    _torchvision("mnasnet_0_5", 0.5, "mnasnet0_5"),
    _torchvision("mnasnet_0_75", 0.75, "mnasnet0_75"),
    _torchvision("mnasnet_1_3", 1.3, "mnasnet1_3"),
    _timm("a1", "MnasNet-A1", "semnasnet_100"),
    _timm("small", "MnasNet-small"),
)
CANONICAL = "mnasnet_b1"
