"""LeNet-5 (LeCun, Bottou, Bengio & Haffner 1998, Gradient-Based Learning Applied to Document Recognition).

`lenet5_1998` is section II.B and figure 2 as printed: trainable subsampling, the partial C3 of table I, radial basis
functions as output. Its ten prototypes are drawn at random from -1 and +1, which the paper names as a choice; the
stylised bitmaps that it prints as a picture are no part of this file. `lenet5_modern` is what courses call LeNet-5;
`lenet_caffe` is the example that Caffe calls LeNet, which has little of it.
"""

from __future__ import annotations

from itertools import groupby

from ..ops.avg_pool import avg_pool
from ..ops.channel_gather import channel_gather
from ..ops.concat import concat
from ..ops.conv import conv
from ..ops.flatten import flatten
from ..ops.linear import linear
from ..ops.max_pool import max_pool
from ..ops.rbf import rbf
from ..ops.relu import relu
from ..ops.rescale import rescale
from ..ops.scale import scale
from ..ops.scaled_tanh import scaled_tanh
from ..ops.tanh import tanh
from ..registry import Network
from ..trace import Value, block

TABLE = (  # table I: an X where the C3 map of the column reads the S2 map of the row
    "X . . . X X X . . X X X X . X X",
    "X X . . . X X X . . X X X X . X",
    "X X X . . . X X X . . X . X X X",
    ". X X X . . X X X X . . X . X X",
    ". . X X X . . X X X X . X X . X",
    ". . . X X X . . X X X X . X X X",
)
READS = tuple(tuple(row for row, marks in enumerate(TABLE) if marks.split()[column] == "X") for column in range(16))


@block
def subsampling(x: Value) -> Value:
    """Sum of each 2x2 window, times one coefficient per map, plus one bias per map, squashed (S2 and S4)."""
    return scaled_tanh(scale(rescale(avg_pool(x, 2), 4.0)))


@block
def partial_conv(x: Value) -> Value:
    """5x5 convolution to 16 maps that each read only some of the six maps before (C3, table I)."""
    parts = []
    for count, group in groupby(READS, key=len):
        maps = list(group)
        y = x if count == len(TABLE) else channel_gather(x, sum(maps, ()), name=f"gather{count}")
        parts.append(conv(y, len(maps), 5, groups=len(maps), name=f"conv{count}"))
    return concat(parts)


def lenet5_1998(x: Value) -> Value:
    """LeNet-5 as printed; the output is the squared distance to each class, so that the smallest one wins."""
    x = scaled_tanh(conv(x, 6, 5, name="c1"))
    x = subsampling(x, name="s2")
    x = scaled_tanh(partial_conv(x, name="c3"))
    x = subsampling(x, name="s4")
    x = scaled_tanh(conv(x, 120, 5, name="c5"))
    x = scaled_tanh(linear(flatten(x), 84, name="f6"))
    return rbf(x, 10, name="output")


def lenet5_modern(x: Value, num_classes: int) -> Value:
    """LeNet-5 with a full C3, plain average pooling, tanh and a linear output."""
    x = avg_pool(tanh(conv(x, 6, 5, name="c1")), 2, name="s2")
    x = avg_pool(tanh(conv(x, 16, 5, name="c3")), 2, name="s4")
    x = tanh(linear(flatten(x), 120, name="c5"))
    x = tanh(linear(x, 84, name="f6"))
    return linear(x, num_classes, name="output")


def lenet_caffe(x: Value, num_classes: int) -> Value:
    """Caffe's example for MNIST: wide, with max pooling and a single nonlinearity."""
    x = max_pool(conv(x, 20, 5, name="conv1"), 2, ceil_mode=True, name="pool1")
    x = max_pool(conv(x, 50, 5, name="conv2"), 2, ceil_mode=True, name="pool2")
    x = relu(linear(flatten(x), 500, name="ip1"), name="relu1")
    return linear(x, num_classes, name="ip2")


NETWORKS = (
    Network(
        "lenet5_1998",
        "LeNet-5 (1998)",
        lenet5_1998,
        aliases=("lenet5",),
        num_classes=None,
        in_channels=1,
        input_size=(32, 32),
        check_sizes=((36, 32), (33, 37)),
    ),
    Network(
        "lenet5_modern",
        "LeNet-5 (modern)",
        lenet5_modern,
        num_classes=10,
        in_channels=1,
        input_size=(32, 32),
        check_sizes=((36, 32), (33, 37)),
    ),
    Network(
        "lenet_caffe",
        "LeNet (Caffe example)",
        lenet_caffe,
        source="caffe",
        num_classes=10,
        in_channels=1,
        input_size=(28, 28),
        check_sizes=((32, 28), (29, 33)),
    ),
)
CANONICAL = "lenet5_1998"
