"""The space that FBNet's paper searches (Wu et al. 2018, table 1): 22 layers of nine candidates, for ImageNet."""

from __future__ import annotations

from ..trace import Value
from ..zoo.fbnet import STAGES, classifier, conv_bn
from .candidates import FBNET
from .space import Space, Stage, layers

STEM = 16
HALVED = (1, 2, 2, 2, 1, 2, 1)
"""The stride of the first layer of each row of table 1 that is searched."""


def fbnet_space(side: int = 224, num_classes: int = 1000, *, last: int = 1984, width: float = 1.0) -> Space:
    """The 22 layers of the paper for images (3, side, side); FBNet-A, -B and -C are networks of it.

    `last` is the channels of the convolution in front of the classifier, 1504 in FBNet-A; `width` multiplies those of
    the searched layers. The paper leaves a layer out where its shapes agree, which is so in 16 of the 22.
    """

    def stem(x: Value) -> Value:
        return conv_bn(x, STEM, 3, 2, name="stem")

    def head(x: Value, classes: int) -> Value:
        return classifier(conv_bn(x, last, 1, name="last"), classes, name="head")

    runs = [(channels, row.count(channels)) for row in STAGES for channels in dict.fromkeys(row)]
    stages = [Stage(channels, stride, count) for (channels, count), stride in zip(runs, HALVED, strict=True)]
    rows = layers(stages, STEM, FBNET, width=width)
    return Space("fbnet", (3, side, side), rows, stem, head, num_classes)
