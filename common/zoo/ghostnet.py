"""GhostNet (Han, Wang, Tian, Guo, Xu & Xu 2019, GhostNet: More Features from Cheap Operations), table 1.

The form is the authors' own code, which is timm's too.
"""

from __future__ import annotations

from ..blocks.conv_norm import layers
from ..blocks.ghost import ghost_bottleneck
from ..blocks.make_divisible import make_divisible
from ..ops.adaptive_avg_pool import adaptive_avg_pool
from ..ops.batch_norm import batch_norm
from ..ops.conv import conv
from ..ops.dropout import dropout
from ..ops.flatten import flatten
from ..ops.linear import linear
from ..ops.relu import relu
from ..registry import Network
from ..trace import Value, stack

TABLE = (  # stages of units: kernel, expansion, channels, gate, stride
    ((3, 16, 16, False, 1),),
    ((3, 48, 24, False, 2),),
    ((3, 72, 24, False, 1),),
    ((5, 72, 40, True, 2),),
    ((5, 120, 40, True, 1),),
    ((3, 240, 80, False, 2),),
    (
        (3, 200, 80, False, 1),
        (3, 184, 80, False, 1),
        (3, 184, 80, False, 1),
        (3, 480, 112, True, 1),
        (3, 672, 112, True, 1),
    ),
    ((5, 672, 160, True, 2),),
    (
        (5, 960, 160, False, 1),
        (5, 960, 160, True, 1),
        (5, 960, 160, False, 1),
        (5, 960, 160, True, 1),
    ),
)
WIDTHS = {"0_5": 0.5, "1_0": 1.0, "1_3": 1.3}
SMALL, LARGER = ((64, 48), (65, 49)), ((96, 64), (97, 65))  # of means over few pixels, gates round by chance in float32


def ghostnet(x: Value, num_classes: int, width: float = 1.0) -> Value:
    """GhostNet of the given width, which leaves only the last convolution as it is."""
    x = conv(x, make_divisible(16 * width, 4), 3, stride=2, pad=1, bias=False, name="conv_stem")
    x = relu(batch_norm(x, name="bn1"))
    with stack("blocks"):
        for index, units in enumerate(TABLE):
            with stack(str(index)):
                for kernel, wide, channels, gated, stride in units:
                    inner = make_divisible(wide * width, 4)
                    squeeze = make_divisible(inner / 4, 4) if gated else 0
                    x = ghost_bottleneck(x, inner, make_divisible(channels * width, 4), kernel, stride, squeeze)
        with stack(str(len(TABLE))):
            x = layers(x, make_divisible(960 * width, 4), 1)
    x = relu(conv(adaptive_avg_pool(x, 1, name="global_pool"), 1280, 1, name="conv_head"))
    return linear(dropout(flatten(x), 0.2), num_classes, name="classifier")


def _network(number: str, width: float) -> Network:
    alias = f"ghostnet_{round(100 * width):03}"
    title = "GhostNet" if width == 1 else f"GhostNet {width}"
    sizes = LARGER if width >= 1 else SMALL
    return Network(
        f"ghostnet_{number}", title, ghostnet, {"width": width}, "timm", (alias,), ("width",), check_sizes=sizes
    )


NETWORKS = tuple(_network(number, width) for number, width in WIDTHS.items())
CANONICAL = "ghostnet_1_0"
