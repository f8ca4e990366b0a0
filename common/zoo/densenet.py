"""Densely connected networks (Huang, Liu, van der Maaten & Weinberger 2017), table 1.

`densenet121` is torchvision's form; `densenet121.keras` is keras.applications', with another epsilon and momentum.
"""

from __future__ import annotations

from ..blocks.conv_norm import TORCH, Style
from ..blocks.dense import dense_layer, transition
from ..ops.conv import conv
from ..ops.global_avg_pool import global_avg_pool
from ..ops.linear import linear
from ..ops.max_pool import max_pool
from ..ops.relu import relu
from ..registry import Network
from ..trace import Value, stack

TABLE = {  # growth rate k, layers of the four dense blocks
    121: (32, (6, 12, 24, 16)),
    161: (48, (6, 12, 36, 24)),
    169: (32, (6, 12, 32, 32)),
    201: (32, (6, 12, 48, 32)),
    264: (32, (6, 12, 64, 48)),
}
KERAS = Style(eps=1.001e-5, momentum=0.01)


def densenet(x: Value, num_classes: int, depth: int, style: Style = TORCH) -> Value:
    """DenseNet-BC of the given depth."""
    growth, blocks = TABLE[depth]
    with stack("features"):
        x = conv(x, 2 * growth, 7, stride=2, pad=3, bias=False, name="conv0")
        x = relu(style.norm(x, "norm0"), name="relu0")
        # keras.applications pads the pool with zeros, which win no maximum here either: they follow a ReLU.
        x = max_pool(x, 3, 2, pad=1, name="pool0")
        for number, layers in enumerate(blocks, start=1):
            if number > 1:
                x = transition(x, style, name=f"transition{number - 1}")
            with stack(f"denseblock{number}"):
                for index in range(layers):
                    x = dense_layer(x, growth, style, name=f"denselayer{index + 1}")
        x = style.norm(x, "norm5")
    return linear(global_avg_pool(relu(x), name="avgpool"), num_classes, name="classifier")


NETWORKS = (
    *(Network(f"densenet{depth}", f"DenseNet-{depth}", densenet, {"depth": depth}, "torchvision") for depth in TABLE),
    *(
        Network(
            f"densenet{depth}.keras",
            f"DenseNet-{depth} (keras.applications)",
            densenet,
            {"depth": depth, "style": KERAS},
            "keras.applications",
        )
        for depth in (121, 169, 201)
    ),
)
CANONICAL = "densenet121"
