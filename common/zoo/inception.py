"""Inception v3 (Szegedy, Vanhoucke, Ioffe, Shlens & Wojna 2015, Rethinking the Inception Architecture), table 1.

`inception_v3` and `inception_v3_aux` are torchvision's: average pools count their padding; `transform_input`, which
renormalises the image, is not part of the network. `inception_v3.keras` is keras.applications': pools that leave the
padding out, batch normalisation without a scale, no dropout; it ends in a softmax by default, these forms in logits.
"""

from __future__ import annotations

from collections.abc import Callable

from ..geometry import Pair
from ..ops.avg_pool import avg_pool
from ..ops.batch_norm import batch_norm
from ..ops.concat import concat
from ..ops.conv import conv
from ..ops.dropout import dropout
from ..ops.global_avg_pool import global_avg_pool
from ..ops.linear import linear
from ..ops.max_pool import max_pool
from ..ops.relu import relu
from ..registry import Network
from ..trace import Result, Value, block


@block
def conv_bn(x: Value, channels: int, kernel: Pair, stride: int = 1, pad: Pair = (0, 0), keras: bool = False) -> Value:
    """Convolution, batch normalisation, ReLU."""
    x = conv(x, channels, kernel, stride=stride, pad=pad, bias=False, name="conv")
    return relu(batch_norm(x, eps=1e-3, momentum=0.01 if keras else 0.1, scale=not keras, name="bn"))


def branch(x: Value, name: str, keras: bool, *layers: tuple[int, ...]) -> Value:
    """Convolutions in a row: (channels, height, width) keeps the size, a stride as the fourth number goes unpadded."""
    for number, (channels, height, width, *stride) in enumerate(layers, start=1):
        path = f"{name}_{number}" if len(layers) > 1 else name
        pad = (0, 0) if stride else (height // 2, width // 2)
        x = conv_bn(x, channels, (height, width), stride[0] if stride else 1, pad, keras, name=path)
    return x


def fork(x: Value, name: str, keras: bool) -> Value:
    """A 1x3 and a 3x1 convolution side by side."""
    a = branch(x, f"{name}a", keras, (384, 1, 3))
    return concat([a, branch(x, f"{name}b", keras, (384, 3, 1))])


def pooled(x: Value, channels: int, keras: bool) -> Value:
    """The pool branch of a module: a 3x3 mean, then 1x1."""
    x = avg_pool(x, 3, 1, pad=1, count_include_pad=not keras, name="pool")
    return branch(x, "branch_pool", keras, (channels, 1, 1))


@block
def inception_a(x: Value, pool_channels: int, keras: bool = False) -> Value:
    """Two 3x3 in place of a 5x5 (figure 5), next to a branch that keeps its 5x5."""
    a = branch(x, "branch1x1", keras, (64, 1, 1))
    b = branch(x, "branch5x5", keras, (48, 1, 1), (64, 5, 5))
    c = branch(x, "branch3x3dbl", keras, (64, 1, 1), (96, 3, 3), (96, 3, 3))
    return concat([a, b, c, pooled(x, pool_channels, keras)])


@block
def inception_b(x: Value, keras: bool = False) -> Value:
    """Grid reduction from 35x35 to 17x17 (figure 10)."""
    a = branch(x, "branch3x3", keras, (384, 3, 3, 2))
    b = branch(x, "branch3x3dbl", keras, (64, 1, 1), (96, 3, 3), (96, 3, 3, 2))
    return concat([a, b, max_pool(x, 3, 2, name="pool")])


@block
def inception_c(x: Value, width: int, keras: bool = False) -> Value:
    """7x7 factorised into 1x7 and 7x1 (figure 6)."""
    a = branch(x, "branch1x1", keras, (192, 1, 1))
    b = branch(x, "branch7x7", keras, (width, 1, 1), (width, 1, 7), (192, 7, 1))
    twice = (width, 1, 1), (width, 7, 1), (width, 1, 7), (width, 7, 1), (192, 1, 7)
    c = branch(x, "branch7x7dbl", keras, *twice)
    return concat([a, b, c, pooled(x, 192, keras)])


@block
def inception_d(x: Value, keras: bool = False) -> Value:
    """Grid reduction from 17x17 to 8x8 (figure 10)."""
    a = branch(x, "branch3x3", keras, (192, 1, 1), (320, 3, 3, 2))
    b = branch(x, "branch7x7x3", keras, (192, 1, 1), (192, 1, 7), (192, 7, 1), (192, 3, 3, 2))
    return concat([a, b, max_pool(x, 3, 2, name="pool")])


@block
def inception_e(x: Value, keras: bool = False) -> Value:
    """1x3 and 3x1 side by side on the coarsest grid (figure 7)."""
    a = branch(x, "branch1x1", keras, (320, 1, 1))
    b = fork(branch(x, "branch3x3_1", keras, (384, 1, 1)), "branch3x3_2", keras)
    c = branch(branch(x, "branch3x3dbl_1", keras, (448, 1, 1)), "branch3x3dbl_2", keras, (384, 3, 3))
    return concat([a, b, fork(c, "branch3x3dbl_3", keras), pooled(x, 192, keras)])


@block
def inception_aux(x: Value, num_classes: int) -> Value:
    """Auxiliary classifier (section 4) on the last 17x17 grid."""
    x = conv_bn(avg_pool(x, 5, 3, name="pool"), 128, (1, 1), name="conv0")
    x = conv_bn(x, 768, (5, 5), name="conv1")
    return linear(global_avg_pool(x), num_classes, name="fc")


TABLE: dict[str, tuple[Callable[..., Value], *tuple[int, ...]]] = {  # module and its width
    "Mixed_5b": (inception_a, 32),
    "Mixed_5c": (inception_a, 64),
    "Mixed_5d": (inception_a, 64),
    "Mixed_6a": (inception_b,),
    "Mixed_6b": (inception_c, 128),
    "Mixed_6c": (inception_c, 160),
    "Mixed_6d": (inception_c, 160),
    "Mixed_6e": (inception_c, 192),
    "Mixed_7a": (inception_d,),
    "Mixed_7b": (inception_e,),
    "Mixed_7c": (inception_e,),
}


def inception_v3(x: Value, num_classes: int, aux: bool = False, keras: bool = False) -> Result:
    """Inception v3, with the auxiliary head as second output if asked."""
    x = conv_bn(x, 32, (3, 3), 2, keras=keras, name="Conv2d_1a_3x3")
    x = conv_bn(x, 32, (3, 3), keras=keras, name="Conv2d_2a_3x3")
    x = max_pool(conv_bn(x, 64, (3, 3), pad=(1, 1), keras=keras, name="Conv2d_2b_3x3"), 3, 2, name="maxpool1")
    x = conv_bn(x, 80, (1, 1), keras=keras, name="Conv2d_3b_1x1")
    x = max_pool(conv_bn(x, 192, (3, 3), keras=keras, name="Conv2d_4a_3x3"), 3, 2, name="maxpool2")
    heads = []
    for name, (module, *width) in TABLE.items():
        x = module(x, *width, keras=keras, name=name)
        if aux and name == "Mixed_6e":
            heads.append(inception_aux(x, num_classes, name="AuxLogits"))
    x = global_avg_pool(x, name="avgpool")
    x = x if keras else dropout(x, 0.5)
    x = linear(x, num_classes, name="fc")
    return (x, *heads) if heads else x


def _network(name: str, title: str, source: str, sizes: tuple[Pair, ...], **arguments: bool) -> Network:
    size = (299, 299)
    return Network(name, title, inception_v3, arguments, source, input_size=size, check_sizes=sizes)


SMALL, LARGE = ((96, 112), (107, 91)), ((300, 316), (299, 317))  # the head's 5x5 needs a grid of 17x17

NETWORKS = (
    _network("inception_v3", "Inception v3 (torchvision)", "torchvision", SMALL),
    _network("inception_v3_aux", "Inception v3 (torchvision, auxiliary head)", "torchvision", LARGE, aux=True),
    _network("inception_v3.keras", "Inception v3 (keras.applications)", "keras.applications", SMALL, keras=True),
)
CANONICAL = "inception_v3"
