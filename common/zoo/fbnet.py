"""FBNet (Wu et al. 2018, FBNet: Hardware-Aware Efficient ConvNet Design via Differentiable Neural Architecture Search).

The form is the authors' own code (facebookresearch/mobile-vision), where convolutions have a bias in front of batch
normalisation. What timm calls fbnetc_100 and pytorchcv fbnet_cb is another network.
"""

from __future__ import annotations

from ..ops.batch_norm import batch_norm
from ..ops.channel_shuffle import channel_shuffle
from ..ops.conv import conv
from ..ops.global_avg_pool import global_avg_pool
from ..ops.linear import linear
from ..ops.relu import relu
from ..registry import Network
from ..trace import Value, block, stack

Unit = tuple[int, int, int]

K3_E1, K3_E3, K3_E6 = (3, 1, 1), (3, 3, 1), (3, 6, 1)  # kernel, expansion, groups (table 2)
K5_E1, K5_E3, K5_E6 = (5, 1, 1), (5, 3, 1), (5, 6, 1)
K3_E1_G2, K5_E1_G2 = (3, 1, 2), (5, 1, 2)
SKIP = None

STAGES = ((16,), (24,) * 4, (32,) * 4, (64,) * 4 + (112,) * 4, (184,) * 4 + (352,))  # channels (table 1)
TABLE: dict[str, tuple[tuple[tuple[Unit | None, ...], ...], int]] = {  # units of each stage (figure 4), last channels
    "a": (
        (
            (SKIP,),
            (K3_E3, K3_E1, SKIP, SKIP),
            (K5_E6, K3_E3, K5_E1, K3_E3),
            (K5_E6, K5_E3, K5_E1_G2, K5_E6, K3_E6, K5_E1_G2, K5_E3, K3_E1_G2),
            (K5_E6, K5_E6, K5_E3, K5_E6, K5_E6),
        ),
        1504,
    ),
    "b": (
        (
            (K3_E1,),
            (K3_E6, K5_E1, K3_E1, K3_E1),
            (K5_E6, K5_E3, K3_E6, K5_E6),
            (K5_E6, K5_E6, SKIP, K5_E3, K5_E6, K3_E1, K5_E1, K5_E3),
            (K5_E6, K5_E1, K5_E6, K5_E6, K3_E6),
        ),
        1984,
    ),
    "c": (
        (
            (K3_E1,),
            (K3_E6, SKIP, K3_E1, K3_E1),
            (K5_E6, K5_E3, K5_E6, K3_E6),
            (K5_E6, K5_E3, K5_E6, K5_E6, K5_E6, K5_E6, K5_E6, K5_E3),
            (K5_E6, K5_E6, K5_E6, K5_E6, K3_E6),
        ),
        1984,
    ),
}


@block
def conv_bn(x: Value, channels: int, kernel: int, stride: int = 1, groups: int = 1, act: bool = True) -> Value:
    """Convolution with a bias, batch normalisation, and ReLU where asked for."""
    x = conv(x, channels, kernel, stride=stride, pad=kernel // 2, groups=groups, name="conv")
    x = batch_norm(x, name="bn")
    return relu(x) if act else x


@block
def searched_block(x: Value, width: int, channels: int, kernel: int, stride: int, groups: int = 1) -> Value:
    """The block of the search space (figure 3), whose shuffle stays where its first convolution falls away."""
    y = x
    if width != x.channels:
        y = conv_bn(y, width, 1, groups=groups, name="pw")
    if groups != 1:
        y = channel_shuffle(y, groups, name="shuffle")
    y = conv_bn(y, width, kernel, stride, width, name="dw")
    y = conv_bn(y, channels, 1, groups=groups, act=False, name="pwl")
    return y + x if stride == 1 and x.channels == channels else y


@block
def classifier(x: Value, num_classes: int) -> Value:
    """Global average pooling and a linear layer, a 1x1 convolution in the original."""
    return linear(global_avg_pool(x, name="avg_pool"), num_classes, name="conv")


def fbnet(x: Value, num_classes: int, variant: str) -> Value:
    """FBNet of the given variant."""
    units, last = TABLE[variant]
    with stack("backbone"), stack("stages"):
        x = conv_bn(x, 16, 3, 2, name="xif0_0")
        for stage, (row, widths) in enumerate(zip(units, STAGES, strict=True), start=1):
            for index, (unit, channels) in enumerate(zip(row, widths, strict=True)):
                if unit is not SKIP:
                    kernel, expand, groups = unit
                    width, stride = expand * x.channels, 2 if stage > 1 and not index else 1
                    x = searched_block(x, width, channels, kernel, stride, groups, name=f"xif{stage}_{index}")
        x = conv_bn(x, last, 1, name=f"xif{len(STAGES) + 1}_0")
    return classifier(x, num_classes, name="head")


NETWORKS = tuple(
    Network(f"fbnet_{variant}", f"FBNet-{variant.upper()}", fbnet, {"variant": variant}, "official")
    for variant in TABLE
)
CANONICAL = "fbnet_c"
