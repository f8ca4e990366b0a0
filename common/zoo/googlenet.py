"""GoogLeNet (Szegedy et al. 2014, Going Deeper with Convolutions), table 1.

`googlenet_bvlc` is Caffe's form: biases, response normalisation, pools that round up. `googlenet_torchvision_bn` is
torchvision's: batch normalisation, 3x3 in place of 5x5, a last pool of 2x2; its `transform_input`, which renormalises
the image, is not part of the network. The forms with `_aux` have the auxiliary heads of section 5, which Caffe's
evaluation runs as well and torchvision's does not. Outputs are main, aux1 (after 4a), aux2 (after 4d); torchvision
returns main, aux2, aux1.
"""

from __future__ import annotations

from ..blocks.inception import inception
from ..ops.adaptive_avg_pool import adaptive_avg_pool
from ..ops.avg_pool import avg_pool
from ..ops.batch_norm import batch_norm
from ..ops.concat import concat
from ..ops.conv import conv
from ..ops.dropout import dropout
from ..ops.flatten import flatten
from ..ops.global_avg_pool import global_avg_pool
from ..ops.linear import linear
from ..ops.local_response_norm import local_response_norm
from ..ops.max_pool import max_pool
from ..ops.relu import relu
from ..registry import Network
from ..trace import Result, Value, block, stack

TABLE = {  # #1x1, #3x3 reduce, #3x3, #5x5 reduce, #5x5, pool proj
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}
HEADS = {"4a": 1, "4d": 2}  # the modules whose output an auxiliary head reads


@block
def loss_head(x: Value, num_classes: int) -> Value:
    """Auxiliary classifier (section 5)."""
    x = relu(conv(avg_pool(x, 5, 3, ceil_mode=True, name="pool"), 128, 1, name="conv"))
    x = dropout(relu(linear(flatten(x), 1024, name="fc")), 0.7)
    return linear(x, num_classes, name="classifier")


def googlenet(x: Value, num_classes: int, heads: bool = False) -> Result:
    """GoogLeNet as in Caffe's model zoo."""
    x = max_pool(relu(conv(x, 64, 7, stride=2, pad=3, name="conv1")), 3, 2, ceil_mode=True, name="pool1")
    x = relu(conv(local_response_norm(x, name="norm1"), 64, 1, name="conv2_reduce"))
    x = local_response_norm(relu(conv(x, 192, 3, pad=1, name="conv2")), name="norm2")
    x = max_pool(x, 3, 2, ceil_mode=True, name="pool2")
    losses = []
    for name, widths in TABLE.items():
        if name in ("4a", "5a"):
            x = max_pool(x, 3, 2, ceil_mode=True, name=f"pool{int(name[0]) - 1}")
        x = inception(x, *widths, name=f"inception_{name}")
        if heads and name in HEADS:
            losses.append(loss_head(x, num_classes, name=f"loss{HEADS[name]}"))
    x = dropout(global_avg_pool(x, name="pool5"), 0.4)
    x = linear(x, num_classes, name="classifier")
    return (x, *losses) if losses else x


@block
def conv_bn(x: Value, channels: int, kernel: int, stride: int = 1) -> Value:
    """Convolution, batch normalisation, ReLU."""
    x = conv(x, channels, kernel, stride=stride, pad=kernel // 2, bias=False, name="conv")
    return relu(batch_norm(x, eps=1e-3, name="bn"))


@block
def inception_bn(x: Value, n1x1: int, n3x3_reduce: int, n3x3: int, n5x5_reduce: int, n5x5: int, n_pool: int) -> Value:
    """Inception module with batch normalisation, and 3x3 where figure 2b has 5x5."""
    a = conv_bn(x, n1x1, 1, name="branch1")
    with stack("branch2"):
        b = conv_bn(conv_bn(x, n3x3_reduce, 1), n3x3, 3)
    with stack("branch3"):
        c = conv_bn(conv_bn(x, n5x5_reduce, 1), n5x5, 3)
    with stack("branch4"):
        d = conv_bn(max_pool(x, 3, 1, pad=1), n_pool, 1)
    return concat([a, b, c, d])


@block
def aux_head(x: Value, num_classes: int) -> Value:
    """Auxiliary classifier on an adaptive pool."""
    x = flatten(conv_bn(adaptive_avg_pool(x, 4, name="pool"), 128, 1, name="conv"))
    x = dropout(relu(linear(x, 1024, name="fc1")), 0.7)
    return linear(x, num_classes, name="fc2")


def googlenet_bn(x: Value, num_classes: int, heads: bool = False) -> Result:
    """GoogLeNet as in torchvision."""
    x = max_pool(conv_bn(x, 64, 7, 2, name="conv1"), 3, 2, ceil_mode=True, name="maxpool1")
    x = conv_bn(conv_bn(x, 64, 1, name="conv2"), 192, 3, name="conv3")
    x = max_pool(x, 3, 2, ceil_mode=True, name="maxpool2")
    losses = []
    for name, widths in TABLE.items():
        if name in ("4a", "5a"):
            x = max_pool(x, 3 if name == "4a" else 2, 2, ceil_mode=True, name=f"maxpool{int(name[0]) - 1}")
        x = inception_bn(x, *widths, name=f"inception{name}")
        if heads and name in HEADS:
            losses.append(aux_head(x, num_classes, name=f"aux{HEADS[name]}"))
    x = dropout(global_avg_pool(x, name="avgpool"), 0.2)
    x = linear(x, num_classes, name="fc")
    return (x, *losses) if losses else x


def _network(name: str, title: str, bn: bool, heads: bool, aliases: tuple[str, ...] = ()) -> Network:
    function, source = (googlenet_bn, "torchvision") if bn else (googlenet, "caffe")
    evaluated = 3 if heads and not bn else 1
    arguments, sizes = {"heads": heads}, ((80, 96), (81, 99))
    return Network(name, title, function, arguments, source, aliases, evaluated=evaluated, check_sizes=sizes)


NETWORKS = (
    _network("googlenet_bvlc", "GoogLeNet (Caffe)", bn=False, heads=False, aliases=("googlenet",)),
    _network("googlenet_bvlc_aux", "GoogLeNet (Caffe, auxiliary heads)", bn=False, heads=True),
    _network("googlenet_torchvision_bn", "GoogLeNet (torchvision, BN)", bn=True, heads=False),
    _network("googlenet_torchvision_bn_aux", "GoogLeNet (torchvision, BN, auxiliary heads)", bn=True, heads=True),
)
CANONICAL = "googlenet_bvlc"
