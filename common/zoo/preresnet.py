"""Pre-activation residual networks (He, Zhang, Ren & Sun 2016, Identity Mappings in Deep Residual Networks).

`preresnet50` has batch normalisation and ReLU after its first convolution, as pytorchcv's `preresnet50b`; `.timm` has
neither, as timm's `resnetv2_50`. `.keras` is keras.applications' `ResNet50V2`: there a stage halves the map in its last
unit, not in the first of the next, and zeros surround a max pool that no ReLU precedes. The option `arrangement` places
normalisation and ReLU in the units as in figure 4 a to e.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from ..blocks.conv_norm import TORCH, Style
from ..blocks.preactivation import ARRANGEMENTS, Variant, preactivation_block, preactivation_bottleneck
from ..errors import SpecError
from ..ops.conv import conv
from ..ops.global_avg_pool import global_avg_pool
from ..ops.linear import linear
from ..ops.max_pool import max_pool
from ..ops.pad import pad
from ..ops.relu import relu
from ..registry import Network
from ..trace import Value, stack

Source = Literal["pytorchcv", "timm", "keras.applications"]
TABLE: dict[int, tuple[Callable[..., Value], int, int, int, int]] = {
    18: (preactivation_block, 2, 2, 2, 2),
    34: (preactivation_block, 3, 4, 6, 3),
    50: (preactivation_bottleneck, 3, 4, 6, 3),
    101: (preactivation_bottleneck, 3, 4, 23, 3),
    152: (preactivation_bottleneck, 3, 8, 36, 3),
    200: (preactivation_bottleneck, 3, 24, 36, 3),
}
KERAS = Style(eps=1.001e-5, momentum=0.01)


def stem(x: Value, source: Source, style: Style) -> Value:
    """Convolution 7x7 and max pooling, with what the source has between them."""
    x = conv(x, 64, 7, stride=2, pad=3, bias=source == "keras.applications", name="conv1")
    if source == "keras.applications":
        return max_pool(pad(x, 1, name="pad"), 3, 2, name="maxpool")
    x = x if source == "timm" else relu(style.norm(x, "bn1"))
    return max_pool(x, 3, 2, pad=1, name="maxpool")


def preresnet(
    x: Value, num_classes: int, depth: int, source: Source = "pytorchcv", arrangement: str = "full_preactivation"
) -> Value:
    """Pre-activation residual network of the given depth."""
    if arrangement not in ARRANGEMENTS:
        raise SpecError(f"arrangement is one of {', '.join(ARRANGEMENTS)}, not {arrangement!r}")
    keras = source == "keras.applications"
    variant = Variant(arrangement, KERAS if keras else TORCH, keras)
    unit, *repeats = TABLE[depth]
    x = stem(x, source, variant.style)
    for stage, count in enumerate(repeats):
        halves = (count - 1 if stage < 3 else None) if keras else (0 if stage else None)
        with stack(f"layer{stage + 1}"):
            for index in range(count):
                x = unit(x, 64 * 2**stage, 2 if index == halves else 1, variant)
    x = variant.put(x, variant.parts[0], "post_bn")  # "an extra activation" after the last addition (appendix)
    return linear(global_avg_pool(x, name="avgpool"), num_classes, name="fc")


NETWORKS = (
    *(
        Network(
            f"preresnet{depth}",
            f"PreResNet-{depth}",
            preresnet,
            {"depth": depth, "arrangement": "full_preactivation"},
            source="pytorchcv",
            options=("arrangement",),
        )
        for depth in TABLE
    ),
    *(
        Network(
            f"preresnet{depth}.timm",
            f"PreResNet-{depth} (timm)",
            preresnet,
            {"depth": depth, "source": "timm"},
            source="timm",
            aliases=(f"resnetv2_{depth}",),
        )
        for depth in (18, 34, 50, 101, 152)
    ),
    *(
        Network(
            f"preresnet{depth}.keras",
            f"PreResNet-{depth} (keras.applications)",
            preresnet,
            {"depth": depth, "source": "keras.applications"},
            source="keras.applications",
            aliases=(f"resnet{depth}_v2", f"resnet{depth}v2.keras"),
        )
        for depth in (50, 101, 152)
    ),
)
CANONICAL = "preresnet50"
