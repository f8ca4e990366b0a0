"""Feature pyramid (Lin et al. 2017, Feature Pyramid Networks for Object Detection, figure 3), as in torchvision.

From the top down each level is the 1x1 convolution of its map plus the level above at twice the size; a 3x3 convolution
follows on every level. Names, biases and the extra levels are those of torchvision's FeaturePyramidNetwork, whose
nearest pixels are torch's "nearest": at odd sizes they are not those of TensorFlow.
"""

from __future__ import annotations

from typing import Literal

from ..errors import SpecError
from ..ops.conv import conv
from ..ops.max_pool import max_pool
from ..ops.relu import relu
from ..ops.resize import resize
from ..trace import Value, block

Extra = Literal["none", "pool", "input", "output"]


@block
def fpn(maps: list[Value], width: int, extra: Extra = "none") -> list[Value]:
    """Maps of halving size, the largest first, to as many of `width` channels, and one or two smaller ones.

    `extra` "pool" is every second pixel of the last level (Faster R-CNN). "input" and "output" are two 3x3 convolutions
    of stride 2, the second after a ReLU, on the last map that came in (RetinaNet) or on the last level (as torchvision
    has it where both have one width). Raises SpecError for another `extra`.
    """
    levels = [conv(x, width, 1, name=f"inner_blocks.{i}.0") for i, x in enumerate(maps)]
    for i in range(len(levels) - 2, -1, -1):
        levels[i] = levels[i] + resize(levels[i + 1], like=levels[i], rule="asymmetric")
    levels = [conv(x, width, 3, pad=1, name=f"layer_blocks.{i}.0") for i, x in enumerate(levels)]
    if extra == "none":
        return levels
    if extra == "pool":
        return [*levels, max_pool(levels[-1], 1, 2)]
    if extra not in ("input", "output"):
        raise SpecError(f"the extra levels of a pyramid are none, pool, input or output, not {extra!r}")
    p6 = conv((maps if extra == "input" else levels)[-1], width, 3, stride=2, pad=1, name="extra_blocks.p6")
    return [*levels, p6, conv(relu(p6), width, 3, stride=2, pad=1, name="extra_blocks.p7")]
