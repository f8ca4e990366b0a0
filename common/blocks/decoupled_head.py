"""Decoupled head (Ge et al. 2021, YOLOX, figure 2): classes and boxes are read off two branches of each level.

The raw map of a level has, at each place, the four numbers of a box, whether there is an object, and a number for each
class, as [reg, obj, cls]; sigmoids and decoding are no part of it. The names are those of YOLOX.
"""

from __future__ import annotations

from functools import partial

from ..ops.concat import concat
from ..ops.conv import conv as plain_conv
from ..trace import Value, block, stack
from .conv_bn_act import Unit, conv_bn_act


@block
def decoupled_head(
    maps: list[Value], width: int, num_classes: int, conv: Unit = conv_bn_act, spatial: Unit | None = None
) -> list[Value]:
    """The maps of all levels to (5 + num_classes, H, W) each; no level has the weights of another."""
    spatial, found = spatial or partial(conv, kernel=3), []
    for level, x in enumerate(maps):
        x = conv(x, width, 1, name=f"stems.{level}")
        classes = _branch(x, width, spatial, f"cls_convs.{level}")
        boxes = _branch(x, width, spatial, f"reg_convs.{level}")
        reg = plain_conv(boxes, 4, 1, name=f"reg_preds.{level}")
        obj = plain_conv(boxes, 1, 1, name=f"obj_preds.{level}")
        cls = plain_conv(classes, num_classes, 1, name=f"cls_preds.{level}")
        found.append(concat([reg, obj, cls]))
    return found


def _branch(x: Value, width: int, spatial: Unit, name: str) -> Value:
    """Two 3x3 convolutions."""
    with stack(name):
        return spatial(spatial(x, width), width)
