"""ShuffleNet (Zhang, Zhou, Lin & Sun 2017, An Extremely Efficient Convolutional Neural Network), table 1.

Weights bear the names of pytorchcv, which calls the paper's stage 2 `stage1`. The authors' own release is another
network: it shuffles after the depthwise convolution, puts the mean first in a strided unit, and has no bias in its
classifier.
"""

from __future__ import annotations

from ..blocks.shuffle import shuffle_unit, strided_shuffle_unit
from ..ops.batch_norm import batch_norm
from ..ops.conv import conv
from ..ops.global_avg_pool import global_avg_pool
from ..ops.linear import linear
from ..ops.max_pool import max_pool
from ..ops.relu import relu
from ..registry import Network
from ..trace import Value, sequence, stack

REPEATS = (4, 8, 4)  # units of stages 2, 3 and 4
TABLE = {1: 144, 2: 200, 3: 240, 4: 272, 8: 384}  # groups: output channels of stage 2, which stages 3 and 4 double


@sequence
def init_block(x: Value) -> Value:
    """Conv1 and MaxPool of table 1."""
    x = relu(batch_norm(conv(x, 24, 3, stride=2, pad=1, bias=False, name="conv"), name="bn"), name="activ")
    return max_pool(x, 3, 2, pad=1, name="pool")


def shufflenet_v1(x: Value, num_classes: int, groups: int) -> Value:
    """ShuffleNet of width 1 with the given number of groups."""
    with stack("features"):
        x = init_block(x, name="init_block")
        for stage, repeats in enumerate(REPEATS):
            width = TABLE[groups] * 2**stage // 4
            with stack(f"stage{stage + 1}"):
                x = strided_shuffle_unit(x, width, groups, groups if stage else 1, name="unit1")
                for number in range(2, repeats + 1):
                    x = shuffle_unit(x, groups, name=f"unit{number}")
    return linear(global_avg_pool(x, name="final_pool"), num_classes, name="output")


NETWORKS = tuple(
    Network(
        f"shufflenet_v1_g{groups}",
        f"ShuffleNet, {groups} group{'s' * (groups > 1)}",
        shufflenet_v1,
        {"groups": groups},
        aliases=("shufflenet_v1",) if groups == 3 else (),
    )
    for groups in TABLE
)
CANONICAL = "shufflenet_v1_g3"
