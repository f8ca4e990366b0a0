"""Inception-ResNet (Szegedy, Ioffe, Vanhoucke & Alemi 2016, Inception-v4, Inception-ResNet and ...), figure 15.

`inception_resnet_v1` is FaceNet's, as in facenet-pytorch: after the mean a linear layer to 512 numbers, which are
normalised and then classified. `inception_resnet_v2` is timm's, with the stem of Inception v3 and one of its modules
where the paper has figure 3; `inception_resnet_v2.keras` is keras.applications': batch normalisation without a scale.
"""

from __future__ import annotations

from collections.abc import Callable

from ..blocks.conv_norm import Style
from ..blocks.inception import SLIM, branch, conv_bn
from ..blocks.inception_resnet import Widths, block8, block17, block35, last_block8
from ..ops.avg_pool import avg_pool
from ..ops.batch_norm import batch_norm
from ..ops.concat import concat
from ..ops.dropout import dropout
from ..ops.global_avg_pool import global_avg_pool
from ..ops.linear import linear
from ..ops.max_pool import max_pool
from ..registry import Network
from ..trace import Value, block, stack

KERAS = Style(eps=1e-3, momentum=0.01, scale=False)
TABLE: dict[int, tuple[Widths, ...]] = {  # version: widths in block35, mixed_6a (table 1), block17, mixed_7a and block8
    1: ((32, 32, 32, 32, 32, 32), (384, 192, 192, 256), (128,) * 4, (384, 256, 256, 256), (192,) * 4),
    2: (
        (32, 32, 32, 32, 48, 64),
        (384, 256, 256, 384),
        (192, 128, 160, 192),
        (384, 288, 288, 320),
        (192, 192, 224, 256),
    ),
}
REPEATS = {1: (5, 10, 5), 2: (10, 20, 9)}  # of block35, block17 and block8, in front of a last block8


@block
def mixed_5b(x: Value, style: Style) -> Value:
    """Module of Inception v3 in front of the residual ones."""
    a = branch(x, "branch0", (96, 1, 1), style=style)
    b = branch(x, "branch1", (48, 1, 1), (64, 5, 5), style=style)
    c = branch(x, "branch2", (64, 1, 1), (96, 3, 3), (96, 3, 3), style=style)
    with stack("branch3"):
        d = conv_bn(avg_pool(x, 3, 1, pad=1, count_include_pad=False), 64, (1, 1), style=style)
    return concat([a, b, c, d])


@block
def mixed_6a(x: Value, widths: Widths, style: Style) -> Value:
    """From 35x35 to 17x17 (figure 7)."""
    a = branch(x, "branch0", (widths[0], 3, 3, 2), style=style)
    b = branch(x, "branch1", (widths[1], 1, 1), (widths[2], 3, 3), (widths[3], 3, 3, 2), style=style)
    return concat([a, b, max_pool(x, 3, 2, name="branch2")])


@block
def mixed_7a(x: Value, widths: Widths, style: Style) -> Value:
    """From 17x17 to 8x8 (figures 12 and 18)."""
    a = branch(x, "branch0", (256, 1, 1), (widths[0], 3, 3, 2), style=style)
    b = branch(x, "branch1", (256, 1, 1), (widths[1], 3, 3, 2), style=style)
    c = branch(x, "branch2", (256, 1, 1), (widths[2], 3, 3), (widths[3], 3, 3, 2), style=style)
    return concat([a, b, c, max_pool(x, 3, 2, name="branch3")])


def stem(x: Value, style: Style) -> Value:
    """The first layers that both versions share (figure 14)."""
    x = branch(x, "conv2d_1a", (32, 3, 3, 2), style=style)
    x = branch(x, "conv2d_2a", (32, 3, 3, 1), style=style)
    x = max_pool(branch(x, "conv2d_2b", (64, 3, 3), style=style), 3, 2, name="maxpool_3a")
    x = branch(x, "conv2d_3b", (80, 1, 1), style=style)
    return branch(x, "conv2d_4a", (192, 3, 3, 1), style=style)


def repeated(x: Value, name: str, module: Callable[..., Value], widths: Widths, times: int, style: Style) -> Value:
    """A chain of one residual module."""
    with stack(name):
        for _ in range(times):
            x = module(x, widths, style)
    return x


def body(x: Value, version: int, names: tuple[str, str, str], style: Style) -> Value:
    """The residual modules and the reductions between them (figure 15)."""
    widths, times = TABLE[version], REPEATS[version]
    x = repeated(x, names[0], block35, widths[0], times[0], style)
    x = mixed_6a(x, widths[1], style, name="mixed_6a")
    x = repeated(x, names[1], block17, widths[2], times[1], style)
    x = mixed_7a(x, widths[3], style, name="mixed_7a")
    x = repeated(x, names[2], block8, widths[4], times[2], style)
    return last_block8(x, widths[4], style, name="block8")


def inception_resnet_v1(x: Value, num_classes: int) -> Value:
    """Inception-ResNet-v1 of FaceNet."""
    x = branch(stem(x, SLIM), "conv2d_4b", (256, 3, 3, 2))
    x = body(x, 1, ("repeat_1", "repeat_2", "repeat_3"), SLIM)
    x = linear(dropout(global_avg_pool(x, name="avgpool_1a"), 0.6), 512, bias=False, name="last_linear")
    return linear(batch_norm(x, eps=1e-3, name="last_bn"), num_classes, name="logits")


def inception_resnet_v2(x: Value, num_classes: int, keras: bool = False) -> Value:
    """Inception-ResNet-v2."""
    style = KERAS if keras else SLIM
    x = mixed_5b(max_pool(stem(x, style), 3, 2, name="maxpool_5a"), style, name="mixed_5b")
    x = branch(body(x, 2, ("repeat", "repeat_1", "repeat_2"), style), "conv2d_7b", (1536, 1, 1), style=style)
    return linear(global_avg_pool(x, name="global_pool"), num_classes, name="classif")


def _network(name: str, title: str, source: str, version: int, side: int = 299, **arguments: bool) -> Network:
    function = inception_resnet_v1 if version == 1 else inception_resnet_v2
    sizes = ((96, 112), (107, 91))
    return Network(name, title, function, arguments, source, input_size=(side, side), check_sizes=sizes)


NETWORKS = (
    _network("inception_resnet_v1", "Inception-ResNet-v1 (facenet-pytorch)", "facenet-pytorch", 1, side=160),
    _network("inception_resnet_v2", "Inception-ResNet-v2 (timm)", "timm", 2, keras=False),
    _network(
        "inception_resnet_v2.keras", "Inception-ResNet-v2 (keras.applications)", "keras.applications", 2, keras=True
    ),
)
CANONICAL = "inception_resnet_v2"
