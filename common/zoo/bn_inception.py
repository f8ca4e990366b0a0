"""BN-Inception, Inception v2 (Ioffe & Szegedy 2015, Batch Normalization), figure 5.

`bn_inception` is the form of pytorchcv and of Cadene's public weights: biases in front of the normalisation, pools that
round up, 128 channels after the pools of 4c and 4d. `se_bn_inception` is that of the authors of Squeeze-and-Excitation
Networks: no biases, and a gate after each of the ten modules. `inception_v2_tf_slim` is TensorFlow slim's as a Caffe
file has it: another first layer, whose normalisation is folded into it, 96 channels after those pools, and a mean in
the last module too. The first two take sizes whose modules see even maps only (224, 256, not 231).
"""

from __future__ import annotations

from dataclasses import dataclass

from ..blocks.conv_norm import TORCH, Style
from ..blocks.inception import SLIM, conv_bn
from ..blocks.squeeze_excite import squeeze_excite
from ..ops.avg_pool import avg_pool
from ..ops.concat import concat
from ..ops.conv import conv
from ..ops.dropout import dropout
from ..ops.global_avg_pool import global_avg_pool
from ..ops.linear import linear
from ..ops.max_pool import max_pool
from ..ops.relu import relu
from ..registry import Network
from ..trace import Value, block

TABLE = {  # #1x1, #3x3 reduce, #3x3, double #3x3 reduce, double #3x3, pool proj
    "3a": (64, 64, 64, 64, 96, 32),
    "3b": (64, 64, 96, 64, 96, 64),
    "3c": (128, 160, 64, 96),
    "4a": (224, 64, 96, 96, 128, 128),
    "4b": (192, 96, 128, 96, 128, 128),
    "4c": (160, 128, 160, 128, 160, 128),
    "4d": (96, 128, 192, 160, 192, 128),
    "4e": (128, 192, 192, 256),
    "5a": (352, 192, 320, 160, 224, 128),
    "5b": (352, 192, 320, 192, 224, 128),
}
RATIO = 16  # of the gates


@dataclass(frozen=True)
class Variant:
    """What the sources do differently inside a module; `round_up` is said of the pools that halve the map."""

    style: Style = TORCH
    bias: bool = False
    round_up: bool = True
    gated: bool = False

    def conv(self, x: Value, channels: int, kernel: int, stride: int = 1, *, name: str) -> Value:
        """A convolution that keeps the size, but for its stride."""
        return conv_bn(
            x, channels, (kernel, kernel), stride, (kernel // 2, kernel // 2), self.bias, self.style, name=name
        )

    def joined(self, branches: list[Value]) -> Value:
        """The branches side by side, and the gate."""
        x = concat(branches)
        return squeeze_excite(x, x.channels // RATIO, name="se") if self.gated else x


def pair_and_triple(x: Value, widths: tuple[int, ...], stride: int, variant: Variant) -> list[Value]:
    """The branches that all modules have: 1x1 and 3x3, and 1x1 and twice 3x3."""
    n3x3_reduce, n3x3, double_reduce, double = widths
    a = variant.conv(variant.conv(x, n3x3_reduce, 1, name="reduce3x3"), n3x3, 3, stride, name="conv3x3")
    b = variant.conv(variant.conv(x, double_reduce, 1, name="reduce_double"), double, 3, name="double1")
    return [a, variant.conv(b, double, 3, stride, name="double2")]


@block
def inception(
    x: Value,
    n1x1: int,
    n3x3_reduce: int,
    n3x3: int,
    double_reduce: int,
    double: int,
    n_pool: int,
    variant: Variant,
    mean: bool,
) -> Value:
    """Inception module with two 3x3 in place of the 5x5."""
    a = variant.conv(x, n1x1, 1, name="conv1x1")
    rest = pair_and_triple(x, (n3x3_reduce, n3x3, double_reduce, double), 1, variant)
    pooled = avg_pool(x, 3, 1, pad=1, name="pool") if mean else max_pool(x, 3, 1, pad=1, name="pool")
    return variant.joined([a, *rest, variant.conv(pooled, n_pool, 1, name="pool_proj")])


@block
def reduction(x: Value, n3x3_reduce: int, n3x3: int, double_reduce: int, double: int, variant: Variant) -> Value:
    """Inception module that halves the map and passes on all channels of its pool."""
    branches = pair_and_triple(x, (n3x3_reduce, n3x3, double_reduce, double), 2, variant)
    pooled = max_pool(x, 3, 2, pad=0 if variant.round_up else 1, ceil_mode=variant.round_up, name="pool")
    return variant.joined([*branches, pooled])


def bn_inception(x: Value, num_classes: int, slim: bool = False, gated: bool = False) -> Value:
    """BN-Inception in one of its forms."""
    variant = Variant(SLIM, round_up=False) if slim else Variant(bias=not gated, gated=gated)
    if slim:
        x = conv(x, 8 * x.channels, 7, stride=2, pad=3, groups=x.channels, bias=False, name="conv1")
        x = relu(conv(x, 64, 1, name="conv1_pointwise"))
    else:
        x = variant.conv(x, 64, 7, 2, name="conv1")
    x = variant.conv(max_pool(x, 3, 2, ceil_mode=True, name="pool1"), 64, 1, name="conv2_reduce")
    x = max_pool(variant.conv(x, 192, 3, name="conv2"), 3, 2, ceil_mode=True, name="pool2")
    for name, widths in TABLE.items():
        if len(widths) == 4:
            x = reduction(x, *widths, variant, name=f"inception_{name}")
        else:
            *rest, n_pool = widths
            n_pool = 96 if slim and name in ("4c", "4d") else n_pool
            x = inception(x, *rest, n_pool, variant, mean=slim or name != "5b", name=f"inception_{name}")
    x = global_avg_pool(x, name="pool5")
    return linear(dropout(x, 0.2) if slim else x, num_classes, name="classifier")


def _network(name: str, title: str, source: str, aliases: tuple[str, ...] = (), **arguments: bool) -> Network:
    side = 231 if name == "inception_v2_tf_slim" else 224
    sizes = ((64, 96), (65, 97))  # maps of 8x12, 4x6 and 2x3
    return Network(name, title, bn_inception, arguments, source, aliases, input_size=(side, side), check_sizes=sizes)


NETWORKS = (
    _network("bn_inception", "BN-Inception (pytorchcv)", "pytorchcv", ("bninception",), slim=False, gated=False),
    _network("inception_v2_tf_slim", "Inception v2 (TensorFlow slim)", "caffe", slim=True, gated=False),
    _network("se_bn_inception", "SE-BN-Inception (Caffe)", "caffe", slim=False, gated=True),
)
CANONICAL = "bn_inception"
