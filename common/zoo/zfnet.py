"""ZFNet (Zeiler & Fergus 2013, Visualizing and Understanding Convolutional Networks), figure 3.

`zfnet_paper` has the widths of figure 3, `zfnet_cs231n` those that a course of Stanford tells for it. Both are
pytorchcv's forms, which normalise before they pool; figure 3 pools first (`pool_first`). The paper states no padding:
its map sizes of 110, 55, 26, 13 and 6 fix it.
"""

from __future__ import annotations

from ..ops.conv import conv
from ..ops.dropout import dropout
from ..ops.flatten import flatten
from ..ops.linear import linear
from ..ops.local_response_norm import local_response_norm
from ..ops.max_pool import max_pool
from ..ops.relu import relu
from ..registry import Network
from ..trace import Value

TABLE = {"paper": (384, 384, 256), "cs231n": (512, 1024, 512)}  # channels of conv3, conv4 and conv5


def pooled(x: Value, name: str) -> Value:
    """Overlapping pooling that rounds its output size up, as 110 -> 55 and 26 -> 13 ask for."""
    return max_pool(x, 3, 2, ceil_mode=True, name=name)


def reduced(x: Value, number: int, pool_first: bool) -> Value:
    """Normalisation across channels and pooling, in either order."""
    if pool_first:
        return local_response_norm(pooled(x, f"pool{number}"), k=2.0, name=f"norm{number}")
    return pooled(local_response_norm(x, k=2.0, name=f"norm{number}"), f"pool{number}")


def zfnet(x: Value, num_classes: int, widths: str, pool_first: bool = False) -> Value:
    """Five convolutions and three linear layers (figure 3)."""
    x = relu(conv(x, 96, 7, stride=2, pad=1, name="conv1"), name="relu1")
    x = reduced(x, 1, pool_first)
    x = relu(conv(x, 256, 5, stride=2, name="conv2"), name="relu2")
    x = reduced(x, 2, pool_first)
    for number, channels in enumerate(TABLE[widths], start=3):
        x = relu(conv(x, channels, 3, pad=1, name=f"conv{number}"), name=f"relu{number}")
    x = flatten(pooled(x, "pool5"))
    x = dropout(relu(linear(x, 4096, name="fc6"), name="relu6"), 0.5, name="drop6")
    x = dropout(relu(linear(x, 4096, name="fc7"), name="relu7"), 0.5, name="drop7")
    return linear(x, num_classes, name="fc8")


NETWORKS = tuple(
    Network(
        f"zfnet_{widths}",
        title,
        zfnet,
        {"widths": widths, "pool_first": False},
        source="pytorchcv",
        aliases=aliases,
        options=("pool_first",),
        check_sizes=((96, 80), (75, 107)),
    )
    for widths, title, aliases in (("paper", "ZFNet", ("zfnet",)), ("cs231n", "ZFNet (cs231n)", ()))
)
CANONICAL = "zfnet_paper"
