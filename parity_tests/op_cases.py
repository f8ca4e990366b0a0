"""One-op networks: several per kind of op, on even and odd maps that are not square."""

from __future__ import annotations

from collections.abc import Callable

from diptych.common.ops.adaptive_avg_pool import adaptive_avg_pool
from diptych.common.ops.add import add
from diptych.common.ops.avg_pool import avg_pool
from diptych.common.ops.batch_norm import batch_norm
from diptych.common.ops.channel_gather import channel_gather
from diptych.common.ops.channel_rescale import channel_rescale
from diptych.common.ops.channel_shuffle import channel_shuffle
from diptych.common.ops.channel_slice import channel_slice, split
from diptych.common.ops.concat import concat
from diptych.common.ops.conv import conv
from diptych.common.ops.dropout import dropout
from diptych.common.ops.flatten import flatten
from diptych.common.ops.gelu import gelu
from diptych.common.ops.global_avg_pool import global_avg_pool
from diptych.common.ops.hard_sigmoid import hard_sigmoid
from diptych.common.ops.hard_swish import hard_swish
from diptych.common.ops.leaky_relu import leaky_relu
from diptych.common.ops.linear import linear
from diptych.common.ops.local_response_norm import local_response_norm
from diptych.common.ops.max_pool import max_pool
from diptych.common.ops.mish import mish
from diptych.common.ops.multiply import multiply
from diptych.common.ops.pad import pad
from diptych.common.ops.parameter import parameter
from diptych.common.ops.rbf import rbf
from diptych.common.ops.relu import relu
from diptych.common.ops.relu6 import relu6
from diptych.common.ops.rescale import rescale
from diptych.common.ops.resize import resize
from diptych.common.ops.scale import scale
from diptych.common.ops.scaled_tanh import scaled_tanh
from diptych.common.ops.sigmoid import sigmoid
from diptych.common.ops.silu import silu
from diptych.common.ops.softmax import softmax
from diptych.common.ops.space_to_depth import space_to_depth
from diptych.common.ops.standardize import standardize
from diptych.common.ops.tanh import tanh
from diptych.common.ops.weighted_sum import weighted_sum
from diptych.common.spec import Shape
from diptych.common.trace import Value, stack

Function = Callable[[Value], Value]
ODD: Shape = (4, 7, 5)
EVEN: Shape = (4, 6, 8)
MIXED: Shape = (4, 9, 6)


def of_vector(function: Function) -> Function:
    return lambda x: function(global_avg_pool(x))


def chained(function: Function) -> Function:
    """The same op in a chain, where it takes the form of a module."""

    def inside(x: Value) -> Value:
        with stack("chain"):
            return function(x)

    return inside


def block_of_slices(x: Value) -> Value:
    first, second = split(x, 2, name="half")
    return concat([second, x, first])


CASES: dict[str, tuple[Function, ...]] = {
    "adaptive_avg_pool": (
        lambda x: adaptive_avg_pool(x, 1),
        lambda x: adaptive_avg_pool(x, (3, 4)),
        lambda x: adaptive_avg_pool(x, (1, 4)),
        lambda x: adaptive_avg_pool(x, (11, 10)),
        lambda x: adaptive_avg_pool(x, (6, 5)),
    ),
    "add": (
        lambda x: x + tanh(x),
        of_vector(lambda x: add(x, tanh(x))),
        lambda x: add(tanh(x), adaptive_avg_pool(x, 1)),
        lambda x: add(conv(x, 1, 1), tanh(x)),
        lambda x: add(adaptive_avg_pool(conv(x, 1, 1), 1), tanh(x)),
        lambda x: add(adaptive_avg_pool(x, 1), conv(x, 1, 1)),
    ),
    "avg_pool": (
        lambda x: avg_pool(x, 2),
        lambda x: avg_pool(x, 3, 2, pad=1),
        lambda x: avg_pool(x, 3, 1, pad=1, count_include_pad=False),
        lambda x: avg_pool(x, (3, 2), (2, 3), pad=1, ceil_mode=True),
        lambda x: avg_pool(x, 3, 2, pad=1, ceil_mode=True, count_include_pad=False),
        lambda x: avg_pool(x, 3, 2, pad=(0, 1, 2, 1)),
        lambda x: avg_pool(x, 3, 2, pad=(0, 1, 2, 1), count_include_pad=False),
        lambda x: avg_pool(x, 3, 2, pad="same", count_include_pad=False),
    ),
    "batch_norm": (
        lambda x: batch_norm(x),
        lambda x: batch_norm(x, eps=1e-3, momentum=0.01),
        lambda x: batch_norm(x, scale=False),
        of_vector(lambda x: batch_norm(x, eps=1e-3)),
    ),
    "channel_gather": (
        lambda x: channel_gather(x, (3, 0, 0, 2, 1)),
        lambda x: channel_gather(x, (2, 2)),
        of_vector(lambda x: channel_gather(x, (3, 1))),
    ),
    "channel_rescale": (lambda x: channel_rescale(x, (2.1, -0.7, 1 / 3, 5.0)),),
    "channel_shuffle": (
        lambda x: channel_shuffle(x, 2),
        lambda x: channel_shuffle(conv(x, 12, 1), 3),
        lambda x: channel_shuffle(conv(x, 12, 1), 4),
    ),
    "channel_slice": (
        lambda x: channel_slice(x, 1, 3),
        block_of_slices,
        of_vector(lambda x: channel_slice(x, 2, 4)),
    ),
    "concat": (
        lambda x: concat([x, tanh(x)]),
        lambda x: concat([relu(x), conv(x, 3, 1), tanh(x)]),
        of_vector(lambda x: concat([tanh(x), x])),
    ),
    "conv": (
        lambda x: conv(x, 6, 3, stride=2, pad=1),
        lambda x: conv(x, 6, 3, stride=2, pad="same"),
        lambda x: conv(x, 6, (2, 3), pad=(0, 1, 1, 1), bias=False),
        lambda x: conv(x, 6, 3, pad=2, dilation=2, groups=2),
        lambda x: conv(x, 8, 3, pad=1, groups=4),
    ),
    "dropout": (lambda x: dropout(x, 0.5), of_vector(lambda x: dropout(x, 0.0))),
    "flatten": (lambda x: linear(flatten(x), 3), lambda x: linear(dropout(relu(flatten(x)), 0.5), 3)),
    "gelu": (lambda x: gelu(x), lambda x: gelu(x, approximate=True), of_vector(lambda x: gelu(x))),
    "global_avg_pool": (lambda x: global_avg_pool(x),),
    "hard_sigmoid": (lambda x: hard_sigmoid(x), of_vector(lambda x: hard_sigmoid(x))),
    "hard_swish": (lambda x: hard_swish(x), of_vector(lambda x: hard_swish(x))),
    "leaky_relu": (lambda x: leaky_relu(x), lambda x: leaky_relu(x, 0.1), of_vector(lambda x: leaky_relu(x, 0.3))),
    "linear": (lambda x: linear(global_avg_pool(x), 3), lambda x: linear(flatten(x), 5, bias=False)),
    "local_response_norm": (
        lambda x: local_response_norm(x),
        lambda x: local_response_norm(x, 3, 0.5, 0.6, 2.0),
        lambda x: local_response_norm(x, 2, alpha=0.4),
        lambda x: local_response_norm(x, 4, alpha=0.4),
        lambda x: local_response_norm(x, 9, alpha=2.0),
    ),
    "max_pool": (
        lambda x: max_pool(x, 2),
        lambda x: max_pool(x, 3, 2, pad=1),
        lambda x: max_pool(x, 3, 2, ceil_mode=True),
        lambda x: max_pool(x, (3, 2), (2, 3), pad=1, ceil_mode=True),
        lambda x: max_pool(x, 3, 2, pad=(0, 1, 2, 1)),
        lambda x: max_pool(x, 3, 2, pad="same"),
    ),
    "mish": (lambda x: mish(x), lambda x: mish(rescale(x, 20.0)), of_vector(lambda x: mish(x))),
    "multiply": (
        lambda x: x * sigmoid(x),
        lambda x: multiply(x, adaptive_avg_pool(x, 1)),
        lambda x: multiply(x + tanh(x), x + sigmoid(x)),
        lambda x: multiply(adaptive_avg_pool(x, 1), tanh(x)),
        lambda x: multiply(tanh(x), sigmoid(conv(x, 1, 1))),
        lambda x: multiply(tanh(x), adaptive_avg_pool(conv(x, 1, 1), 1)),
        lambda x: multiply(conv(x, 1, 1), adaptive_avg_pool(x, 1)),
        of_vector(lambda x: multiply(tanh(x), x)),
    ),
    "pad": (lambda x: pad(x, 1), lambda x: pad(x, (1, 0, 2, 3)), lambda x: pad(x, (1, 2), -1.5)),
    "parameter": (
        lambda x: x * parameter((x.channels, 1, 1)),
        lambda x: add(parameter((1, *x.shape[1:]), "zeros"), tanh(x)),
        lambda x: multiply(sigmoid(parameter(x.shape, name="gamma")), x),
        lambda x: weighted_sum([x, tanh(x), relu(x)], parameter((3,))),
        lambda x: weighted_sum([x, tanh(x)], relu(parameter((2,), name="edge_weights")), mode="softmax"),
        lambda x: add(x * parameter((x.channels, 1, 1), name="gamma"), conv(x, 1, 1)) + parameter((1, 1, 1)),
    ),
    "rbf": (
        lambda x: rbf(global_avg_pool(x), 5),
        lambda x: rbf(scaled_tanh(linear(flatten(x), 7)), 3),
    ),
    "relu": (lambda x: relu(x), of_vector(lambda x: relu(x))),
    "relu6": (lambda x: relu6(rescale(x, 5.0)), lambda x: relu6(x), of_vector(lambda x: relu6(x))),
    "rescale": (
        lambda x: rescale(x, 0.17),
        lambda x: rescale(x, -1 / 3, 0.7),
        lambda x: rescale(x, 2 / 3) + x,
        of_vector(lambda x: rescale(x, 1.0, -0.1)),
    ),
    "resize": (
        lambda x: resize(x, scale=2),
        lambda x: resize(x, scale=3, rule="asymmetric"),
        lambda x: resize(x, size=(10, 4)),
        lambda x: resize(x, size=(10, 4), rule="asymmetric"),
        lambda x: resize(x, size=(41, 82)),
        lambda x: resize(x, size=(82, 74), rule="asymmetric"),
        lambda x: resize(x, scale=2, mode="bilinear"),
        lambda x: resize(x, size=(4, 11), mode="bilinear"),
        lambda x: resize(x, scale=3, mode="bilinear", rule="align_corners"),
        lambda x: resize(x, size=(1, 11), mode="bilinear", rule="align_corners"),
        lambda x: resize(max_pool(x, 2), like=x, rule="asymmetric"),
        lambda x: resize(tanh(x), like=max_pool(x, 2)),
        lambda x: resize(adaptive_avg_pool(x, (3, 4)), like=x + tanh(x)),
        lambda x: resize(adaptive_avg_pool(x, (2, 3)), like=pad(x, (0, 82 - x.shape[1], 0, 2)), rule="asymmetric"),
        lambda x: resize(tanh(x), like=resize(x, scale=2)),
        lambda x: resize(max_pool(x, 2), like=x, mode="bilinear"),
        lambda x: resize(tanh(x), like=max_pool(x, 3), mode="bilinear", rule="align_corners"),
    ),
    "scale": (lambda x: scale(x), lambda x: scale(x, bias=False), of_vector(lambda x: scale(x))),
    "scaled_tanh": (lambda x: scaled_tanh(x), lambda x: scaled_tanh(x, 2.0, 0.3), of_vector(lambda x: scaled_tanh(x))),
    "sigmoid": (lambda x: sigmoid(x), lambda x: sigmoid(rescale(x, 300.0)), of_vector(lambda x: sigmoid(x))),
    "silu": (lambda x: silu(x), of_vector(lambda x: silu(x))),
    "softmax": (lambda x: softmax(x), lambda x: softmax(rescale(x, 300.0)), of_vector(lambda x: softmax(x))),
    "space_to_depth": (
        lambda x: space_to_depth(resize(x, scale=2)),
        lambda x: space_to_depth(resize(x, scale=3), 3, "tf"),
        lambda x: space_to_depth(resize(x, scale=2), order="focus"),
        lambda x: space_to_depth(pad(resize(x, scale=2), 1), order="tf"),
    ),
    "standardize": (lambda x: standardize(x), lambda x: conv(standardize(rescale(x, 1 / 255)), 3, 3, pad=1)),
    "tanh": (lambda x: tanh(x), of_vector(lambda x: tanh(x))),
    "weighted_sum": (
        lambda x: weighted_sum([x, tanh(x)], linear(global_avg_pool(x), 2)),
        lambda x: weighted_sum([relu(x), x, tanh(x)], linear(global_avg_pool(x), 3), eps=0.5),
        lambda x: weighted_sum([relu(x), x, tanh(x)], linear(global_avg_pool(x), 3), mode="softmax"),
        lambda x: weighted_sum([relu(x), x, tanh(x)], mode="sum"),
    ),
}
