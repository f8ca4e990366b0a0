"""What an op refuses, and the differences between frameworks that its fields stand for: they are real."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from op_cases import EVEN, ODD
from op_parity import Function, assert_parity, difference, images, meaning, traced

from diptych.common.errors import SpecError
from diptych.common.expr import Sym, text
from diptych.common.ops.adaptive_avg_pool import adaptive_avg_pool
from diptych.common.ops.adaptive_max_pool import adaptive_max_pool
from diptych.common.ops.add import add
from diptych.common.ops.attention_pool import attention_pool
from diptych.common.ops.avg_pool import avg_pool
from diptych.common.ops.blur import blur
from diptych.common.ops.channel_conv import channel_conv
from diptych.common.ops.channel_gather import channel_gather
from diptych.common.ops.channel_linear import channel_linear
from diptych.common.ops.channel_reduce import channel_reduce
from diptych.common.ops.channel_rescale import channel_rescale
from diptych.common.ops.channel_shuffle import channel_shuffle
from diptych.common.ops.channel_slice import channel_slice, split
from diptych.common.ops.clamp import clamp
from diptych.common.ops.concat import concat
from diptych.common.ops.conv import conv
from diptych.common.ops.conv_transpose import conv_transpose
from diptych.common.ops.crop import crop
from diptych.common.ops.depth_to_space import depth_to_space
from diptych.common.ops.divide import divide
from diptych.common.ops.dropout import dropout
from diptych.common.ops.flatten import flatten
from diptych.common.ops.gelu import gelu
from diptych.common.ops.global_avg_pool import global_avg_pool
from diptych.common.ops.global_max_pool import global_max_pool
from diptych.common.ops.grn import grn
from diptych.common.ops.group_norm import group_norm
from diptych.common.ops.layer_norm import layer_norm
from diptych.common.ops.linear import linear
from diptych.common.ops.local_response_norm import local_response_norm
from diptych.common.ops.max_pool import max_pool
from diptych.common.ops.multiply import multiply
from diptych.common.ops.pad import pad
from diptych.common.ops.parameter import parameter
from diptych.common.ops.place_reduce import place_reduce
from diptych.common.ops.power import power
from diptych.common.ops.prelu import prelu
from diptych.common.ops.rbf import rbf
from diptych.common.ops.relu import relu
from diptych.common.ops.rescale import rescale
from diptych.common.ops.resize import resize
from diptych.common.ops.rms_norm import rms_norm
from diptych.common.ops.scale import scale
from diptych.common.ops.softmax import softmax
from diptych.common.ops.softplus import softplus
from diptych.common.ops.space_to_depth import space_to_depth
from diptych.common.ops.standardize import standardize
from diptych.common.ops.std_conv import std_conv
from diptych.common.ops.tanh import tanh
from diptych.common.ops.to_map import to_map
from diptych.common.ops.weighted_sum import weighted_sum
from diptych.common.spec import Array, Shape
from diptych.common.trace import Value, block
from diptych.torch_impl.ops import lower

WRONG: list[tuple[Function, str]] = [
    (lambda x: adaptive_avg_pool(global_avg_pool(x), 2), "takes a map"),
    (lambda x: avg_pool(x, 3, pad="same", count_include_pad=False, ceil_mode=True), "no ceil mode"),
    (lambda x: avg_pool(x, 2, pad=2), "smaller than the kernel"),
    (lambda x: avg_pool(x, 3, pad=(0, 1, 0, 1), ceil_mode=True), "ceil mode takes even pads"),
    (lambda x: avg_pool(x, 3, pad=2, ceil_mode=True), "at most half the kernel"),
    (lambda x: avg_pool(x, 9), "does not fit"),
    (lambda x: channel_gather(x, (0, 4)), r"channels \[4\] are missing"),
    (lambda x: channel_gather(x, ()), "to gather"),
    (lambda x: channel_rescale(x, (1.0, 2.0)), r"2 factors take a map of as many channels, not \(4, 7, 5\)"),
    (lambda x: channel_shuffle(x, 3), "do not split into 3"),
    (lambda x: channel_slice(x, 2, 5), "no channels 2 to 5 among 4"),
    (lambda x: channel_slice(x, 2, 2), "no channels 2 to 2"),
    (lambda x: split(x, 3)[0], "do not split into 3"),
    (lambda x: concat([x]), "at least two values"),
    (lambda x: concat([x, max_pool(x, 2)]), r"cannot concatenate \(4, 7, 5\), \(4, 3, 2\)"),
    (lambda x: dropout(x, 1.0), "below 1"),
    (lambda x: local_response_norm(global_avg_pool(x)), "takes a map"),
    (lambda x: local_response_norm(x, 0), "at least 1"),
    (lambda x: multiply(x, conv(x, 3, 1)), "cannot multiply"),
    (lambda x: multiply(conv(x, 2, 1), adaptive_avg_pool(x, 1)), r"cannot multiply \(2, 7, 5\) by \(4, 1, 1\)"),
    (lambda x: add(x, max_pool(x, 2)), r"cannot add \(4, 7, 5\) and \(4, 3, 2\): the shapes must be equal"),
    (lambda x: add(x, adaptive_avg_pool(x, (2, 5))), "differ only where one has a length of 1"),
    (lambda x: add(global_avg_pool(x), linear(global_avg_pool(x), 1)), "cannot add"),
    (lambda x: add(global_avg_pool(x), adaptive_avg_pool(x, 1)), "cannot add"),
    (lambda x: pad(x, (0, -1)), "not negative"),
    (lambda x: pad(x, "same"), "takes numbers"),  # type: ignore[arg-type]
    (lambda x: rbf(x, 3), "take a vector"),
    (lambda x: resize(x), "either a scale or a size"),
    (lambda x: resize(x, scale=2, size=(3, 3)), "either a scale or a size"),
    (lambda x: resize(x, scale=2, like=x), "either a scale or a size, or another value to be like, not 2 and None and"),
    (lambda x: resize(x, like=global_avg_pool(x)), r"resizing takes maps \(C, H, W\), not \(4, 7, 5\), \(4,\)"),
    (lambda x: resize(x, scale=2, rule="align_corners"), "has no rule 'align_corners'"),
    (lambda x: resize(x, scale=2, mode="bilinear", rule="asymmetric"), "has no rule 'asymmetric'"),
    (lambda x: resize(x, size=(0, 3)), "too small"),
    (lambda x: space_to_depth(x), "do not tile"),
    (lambda x: standardize(global_avg_pool(x)), "takes a map"),
    (lambda x: space_to_depth(pad(x, (1, 1, 2, 2)), 3, "focus"), "'focus' at 3"),
    (lambda x: layer_norm(x, "places"), "over channels or map, not 'places'"),  # type: ignore[arg-type]
    (lambda x: layer_norm(global_avg_pool(x), "map"), "no map to normalise in a vector of 4"),
    (lambda x: layer_norm(x, scale=False), "with a bias has a scale too"),
    (lambda x: layer_norm(x, eps=-1.0), "an epsilon is a number from zero upwards, not -1.0"),
    (lambda x: group_norm(x, 3), "4 channels do not split into 3 equal groups"),
    (lambda x: group_norm(global_avg_pool(x), 2), "takes a map"),
    (lambda x: grn(global_avg_pool(x)), "takes a map"),
    (lambda x: std_conv(x, 4, 3, factor=0.5), "a factor, here 0.5, is that of a gain"),
    (lambda x: std_conv(x, 4, 3, eps=float("nan")), "an epsilon"),
    (lambda x: channel_linear(global_avg_pool(x), 3), r"takes a map \(C, H, W\), not a vector of 4"),
    (lambda x: channel_conv(x, 3), r"takes a vector, not a map \(4, 7, 5\)"),
    (lambda x: channel_conv(global_avg_pool(x), 5), "a window of 5 does not fit on 4 channels"),
    (lambda x: channel_conv(global_avg_pool(x), 3, pad=-1), "no pads below 0"),
    (lambda x: conv_transpose(x, 3, 2, extra=1), "less than the stride"),
    (lambda x: conv_transpose(x, 3, 2, groups=2), "2 groups divide neither 4 nor 3 channels"),
    (lambda x: conv_transpose(x, 3, 1, pad=4), "leave nothing of a map of 7 x 5"),
    (lambda x: conv_transpose(global_avg_pool(x), 3, 1), "takes a map"),
    (lambda x: to_map(x), r"a vector, not a map \(4, 7, 5\)"),
    (lambda x: pad(x, (0, 5), mode="reflect"), "7 x 5 is too small for reflect pads"),
    (lambda x: pad(x, 8, mode="circular"), "too small for circular pads"),
    (lambda x: pad(x, 1, 2.0, mode="replicate"), "'replicate' with the value 2.0"),
    (lambda x: pad(x, 1, mode="symmetric"), "not 'symmetric'"),  # type: ignore[arg-type]
    (lambda x: crop(x, 3), r"leave nothing of a map of 7 x 5"),
    (lambda x: crop(x, -1), "not negative"),
    (lambda x: crop(global_avg_pool(x), 1), "is a map"),
    (lambda x: depth_to_space(x, 3), "4 channels make no squares of 3"),
    (lambda x: depth_to_space(x, 2, "focus"), "torch or tf, not 'focus'"),  # type: ignore[arg-type]
    (lambda x: softmax(x, "groups", 3), "4 channels do not split into 3 equal groups"),
    (lambda x: softmax(x, "places", 2), "a softmax over places has no groups, here 2"),
    (lambda x: softmax(global_avg_pool(x), "places"), "takes a map"),
    (lambda x: softmax(x, "rows"), "over channels, groups, places, not 'rows'"),  # type: ignore[arg-type]
    (lambda x: attention_pool(x, x), r"weights \(1, H, W\), not \(4, 7, 5\) and \(4, 7, 5\)"),
    (lambda x: channel_reduce(x, "max", 3), "do not split into 3"),
    (lambda x: channel_reduce(x, "sample_variance", 1), "at least two numbers"),
    (lambda x: channel_reduce(x, "min"), "mean, max, sum, variance, sample_variance, not 'min'"),  # type: ignore[arg-type]
    (lambda x: place_reduce(x, "variance", 3), "do not split into 3"),
    (lambda x: place_reduce(x, "max"), "mean, variance, norm, not 'max'"),  # type: ignore[arg-type]
    (lambda x: place_reduce(global_avg_pool(x)), "is a map"),
    (lambda x: power(x, float("nan")), "is a number, not nan"),
    (lambda x: divide(x, global_avg_pool(x)), "cannot divide"),
    (lambda x: softplus(x, 0.0), "above zero, not 0.0"),
    (lambda x: clamp(x), "at least one bound"),
    (lambda x: clamp(x, 1.0, 0.0), "in order, not 1.0 and 0.0"),
    (lambda x: global_max_pool(global_max_pool(x)), "takes a map"),
    (lambda x: adaptive_max_pool(global_max_pool(x), 2), "takes a map"),
    (lambda x: blur(x, ((1.0, 2.0), (1.0,))), "rows of numbers, of equal length"),
    (lambda x: blur(x, ((float("inf"),),)), "finite numbers"),
    (lambda x: blur(x, ((1.0,),) * 8), "does not fit"),
    (lambda x: x * parameter((4, 1, 1), stored=(2, 2)), r"not in \(2, 2\) and \(4, 1, 1\)"),
    (lambda x: resize(x, scale=2, mode="bicubic", rule="asymmetric"), "'bicubic' has no rule 'asymmetric'"),
    (lambda x: weighted_sum([x, tanh(x)]), "mode 'fast' takes a vector of weights"),
    (lambda x: weighted_sum([x, x], global_avg_pool(x), mode="sum"), "mode 'sum' takes no weights"),
    (lambda x: weighted_sum([x, x], global_avg_pool(x)), r"a vector of 2 weights, not \(4,\)"),
    (lambda x: weighted_sum([x], global_avg_pool(x)), "at least two maps"),
    (lambda x: weighted_sum([x, max_pool(x, 2)], mode="sum"), r"of equal shape, not \(4, 7, 5\), \(4, 3, 2\)"),
    (lambda x: weighted_sum([x, x], x, mode="mean"), "one of the modes fast, softmax, sum"),  # type: ignore[arg-type]
]
FOLDED: list[Function] = [softmax, scale, lambda x: rbf(x, 3), lambda x: concat([x, x])]
FOLDED += [lambda x: channel_slice(x, 0, 4), lambda x: split(x, 2)[0], lambda x: channel_gather(x, (0, 1))]
FOLDED += [layer_norm, rms_norm, prelu, to_map, lambda x: channel_conv(x, 3), channel_reduce]
FOLDED += [lambda x: multiply(x, linear(x, x.channels)), lambda x: multiply(linear(x, x.channels), x)]
FOLDED += [lambda x: divide(x, linear(x, x.channels))]


@pytest.mark.parametrize(("function", "message"), WRONG)
def test_what_has_no_meaning_is_refused(function: Function, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        traced(function, ODD)


@pytest.mark.parametrize("function", FOLDED)
def test_ops_that_mix_places_refuse_a_flattened_map(function: Function) -> None:
    with pytest.raises(SpecError, match="flatten"):
        traced(lambda x: function(flatten(x)), (4, 5, 4))
    assert traced(lambda x: function(flatten(x)), (4, 1, 1)).nodes[-1].flattened is None


def test_elementwise_ops_keep_the_order_of_a_flattened_map() -> None:
    net = traced(lambda x: multiply(rescale(dropout(flatten(x), 0.5), 2.0), tanh(flatten(x))), ODD)
    assert net.nodes[-1].flattened == ODD


def out(function: Function, shape: Shape) -> Array:
    return meaning(traced(function, shape), images(shape, 2))


@pytest.mark.parametrize(
    ("ours", "theirs", "shape", "least"),
    [
        (
            lambda x: conv(x, 3, 3, stride=2, pad=1, name="c"),
            lambda x: conv(x, 3, 3, stride=2, pad="same", name="c"),
            EVEN,
            0.1,
        ),
        (lambda x: max_pool(x, 3, 2, pad=1), lambda x: max_pool(x, 3, 2, pad="same"), EVEN, 0.1),
        (lambda x: max_pool(x, 3, 2, pad=1), lambda x: max_pool(pad(x, 1), 3, 2), ODD, 0.01),
        (lambda x: avg_pool(x, 3, pad=1), lambda x: avg_pool(x, 3, pad=1, count_include_pad=False), ODD, 0.1),
        (lambda x: resize(x, size=(9, 7)), lambda x: resize(x, size=(9, 7), rule="asymmetric"), ODD, 0.1),
        (lambda x: resize(x, scale=2, mode="bilinear"), lambda x: resize(x, scale=2), ODD, 0.1),
        (
            lambda x: resize(x, scale=2, mode="bilinear"),
            lambda x: resize(x, scale=2, mode="bilinear", rule="align_corners"),
            ODD,
            0.1,
        ),
        (lambda x: space_to_depth(x), lambda x: space_to_depth(x, order="tf"), EVEN, 0.1),
        (lambda x: space_to_depth(x, order="focus"), lambda x: space_to_depth(x, order="tf"), EVEN, 0.1),
        (lambda x: local_response_norm(x, 5, 1.0), lambda x: local_response_norm(x, 5, 5.0), ODD, 0.1),
        (lambda x: local_response_norm(x, 2, 1.0), lambda x: local_response_norm(x, 3, 1.5), ODD, 0.1),
        (lambda x: gelu(x), lambda x: gelu(x, approximate=True), ODD, 1e-5),
    ],
)
def test_a_field_makes_a_difference(ours: Function, theirs: Function, shape: Shape, least: float) -> None:
    assert 10 > difference(out(ours, shape), out(theirs, shape)) > least


def test_same_is_pad_1_at_odd_sizes() -> None:
    ours, theirs = (lambda x, p=p: conv(x, 3, 3, stride=2, pad=p, name="c") for p in (1, "same"))
    assert np.array_equal(out(ours, (4, 7, 9)), out(theirs, (4, 7, 9)))


def test_nearest_rules_are_equal_at_a_whole_factor() -> None:
    assert np.array_equal(
        out(lambda x: resize(x, scale=3), ODD), out(lambda x: resize(x, scale=3, rule="asymmetric"), ODD)
    )


def test_nearest_of_torch_misses_a_pixel_and_ours_does_not() -> None:
    pixels = torch.arange(2.0).reshape(1, 1, 1, 2)
    assert F.interpolate(pixels, size=(1, 82), mode="nearest")[0, 0, 0, 41] == 0  # 41 * 2 / 82 is 1
    net = traced(lambda x: resize(x, size=(2, 82), rule="asymmetric"), (1, 1, 2))
    assert lower(net.nodes[1]).steps[0].target == "NearestResize"
    assert_parity(net, 1)


def test_receptive_fields() -> None:
    windows = {
        name: (node := traced(function, (4, 6, 8)).nodes[1]).op.window(*node.in_shapes)
        for name, function in {
            "up": lambda x: resize(x, scale=2),
            "down": lambda x: resize(x, size=(3, 2), mode="bilinear"),
            "pool": lambda x: avg_pool(x, (2, 3), 2),
            "depth": lambda x: space_to_depth(x),
            "adaptive": lambda x: adaptive_avg_pool(x, 2),
            "tanh": lambda x: tanh(x),
        }.items()
    }
    assert windows == {
        "up": ((1, 1), (0.5, 0.5)),
        "down": ((2, 2), (2.0, 4.0)),
        "pool": ((2, 3), (2.0, 2.0)),
        "depth": ((2, 2), (2.0, 2.0)),
        "adaptive": None,
        "tanh": ((1, 1), (1.0, 1.0)),
    }


@block
def shuffle_unit(x: Value, width: int, groups: int) -> Value:
    """A unit whose slices and shuffle depend on its parameters."""
    left, right = split(x, 2)
    right = relu(conv(right, width - left.channels, 1, name="conv"))
    y = channel_shuffle(concat([left, right], name="joined"), groups)
    return add(channel_slice(y, width // 2, width), channel_gather(y, tuple(range(width // 2))))


def test_blocks_of_several_widths_keep_their_expressions() -> None:
    net = traced(lambda x: shuffle_unit(conv(shuffle_unit(x, 8, 2), 12, 1), 12, 3), ODD)
    width = next(node for node in net.nodes if node.path == "shuffle_unit.channel_shuffle").in_shapes[0][0]
    assert isinstance(width, Sym)
    assert text(width) == "width"
    assert_parity(net, 3)


def test_operators_keep_their_operands_together() -> None:
    assert_parity(traced(lambda x: multiply(add(x, tanh(x)), rescale(add(x, relu(x)), 0.3)), ODD), 1)
    assert_parity(traced(lambda x: channel_slice(add(x, tanh(x)), 1, 3), ODD), 1)
