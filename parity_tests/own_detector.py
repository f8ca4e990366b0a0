"""A network of the parts that detectors and other people's models have, small enough for every gate."""

from __future__ import annotations

from diptych.common.blocks.fpn import fpn
from diptych.common.ops.batch_norm import batch_norm
from diptych.common.ops.conv import conv
from diptych.common.ops.parameter import parameter
from diptych.common.ops.relu import relu
from diptych.common.ops.resize import resize
from diptych.common.ops.sigmoid import sigmoid
from diptych.common.ops.weighted_sum import weighted_sum
from diptych.common.spec import Net
from diptych.common.trace import Value, block, per_call, shared, stack, trace

WIDTH = 8


@block
def scaled_block(x: Value, width: int) -> Value:
    """A depthwise and a 1x1 convolution with a layer scale (Touvron et al. 2021, CaiT) and a shortcut."""
    y = conv(x, width, 3, pad=1, groups=width, name="dwconv")
    y = conv(relu(y), width, 1, name="pwconv")
    return x + y * parameter((width, 1, 1), init="ones", name="gamma")


@block
def fusion(xs: list[Value]) -> Value:
    """All levels at the size of the first, in a sum with normalised weights (Tan et al. 2020, BiFPN)."""
    maps = [xs[0], *(resize(x, like=xs[0]) for x in xs[1:])]
    return weighted_sum(maps, parameter((len(maps),), init="ones", name="edge_weights"), mode="fast", eps=1e-4)


@block
def head(x: Value, width: int, anchors: int) -> tuple[Value, Value]:
    """Convolutions that all levels share, with a normalisation for each level; boxes and classes."""
    y = conv(x, width, 3, pad=1, bias=False, name="conv_rep.0.conv_dw")
    with per_call():
        y = batch_norm(y, name="bn_rep.0.bn")
    y = relu(y)
    return conv(y, 4 * anchors, 1, name="boxes"), sigmoid(conv(y, 3 * anchors, 1, name="classes"))


def detector(x: Value) -> dict[str, Value]:
    """Three levels, a pyramid, one head on all of them, and a fused map."""
    levels = []
    for number in range(3):
        x = relu(batch_norm(conv(x, WIDTH * (number + 1), 3, stride=2, pad=1, bias=False)))
        with stack(f"stage{number + 1}"):
            for _ in range(2):
                x = scaled_block(x, x.channels)
        levels.append(x)
    levels = fpn(levels, WIDTH)
    outputs = {}
    predict = shared(head, name="head")
    for number, level in enumerate(levels, start=3):
        outputs[f"boxes_p{number}"], outputs[f"classes_p{number}"] = predict(level, WIDTH, 2)
    outputs["fused"] = conv(fusion(levels), WIDTH, 3, pad=1, name="last")
    return outputs


def detector_net(size: tuple[int, int] = (37, 48)) -> Net:
    """The network at an input size."""
    return trace(detector, "detector", (3, *size), title="Detector")
