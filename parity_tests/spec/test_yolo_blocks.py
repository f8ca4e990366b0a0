"""The blocks of YOLOv5 and YOLOX: what equals what, which order the channels have, and what a wrong order does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pytest

from diptych import Net
from diptych.common.blocks.c3 import c3
from diptych.common.blocks.conv_bn_act import conv_bn_act
from diptych.common.blocks.csp_darknet import csp_darknet
from diptych.common.blocks.decoupled_head import decoupled_head
from diptych.common.blocks.depthwise_separable import separable_conv_bn_act
from diptych.common.blocks.focus import focus
from diptych.common.blocks.pan import pan
from diptych.common.blocks.spp import spp
from diptych.common.blocks.spp_bottleneck import spp_bottleneck
from diptych.common.blocks.sppf import sppf
from diptych.common.errors import SpecError
from diptych.common.ops.max_pool import max_pool
from diptych.common.reference import run
from diptych.common.registry import spec
from diptych.common.spec import Array
from diptych.common.trace import Result, Value, trace
from diptych.common.weights import scrambled

SIZE = (4, 16, 12)


def net_of(function: Callable[[Value], Result], size: tuple[int, int, int] = SIZE) -> Net:
    return trace(function, "net", size)


def answers(net: Net, image: Array, weights: Any = None) -> list[Array]:
    values = run(net, scrambled(net) if weights is None else weights, image)
    return [values[net.nodes[index].path] for index in net.outputs]


def image(size: Sequence[int] = SIZE) -> Array:
    return np.random.default_rng(0).standard_normal((2, *size))


@pytest.mark.parametrize("size", [(4, 16, 12), (3, 5, 17), (2, 1, 1)])
def test_chained_pools_are_the_pools_side_by_side(size: tuple[int, int, int]) -> None:
    chained, beside = (net_of(block, size) for block in (sppf, spp))
    (ours,), (theirs,) = (answers(net, image(size)) for net in (chained, beside))
    assert ours.shape[1] == 4 * size[0]
    assert np.array_equal(ours, theirs)
    (wrong,) = answers(net_of(partial(spp, kernels=(5, 9, 11)), (4, 16, 12)), image())
    assert not np.array_equal(wrong, answers(net_of(sppf), image())[0])


def test_pyramid_pooling_takes_either_with_the_same_weights() -> None:
    nets = [net_of(partial(spp_bottleneck, channels=6, pool=pool)) for pool in (spp, sppf)]
    assert list(nets[0].weights) == list(nets[1].weights)
    (ours,), (theirs,) = (answers(net, image()) for net in nets)
    assert np.array_equal(ours, theirs)


def test_focus_reads_the_columns_of_a_square_first() -> None:
    x = image()
    seen = run(net_of(partial(focus, channels=5)), scrambled(net_of(partial(focus, channels=5))), x)
    squares = [x[..., row::2, column::2] for row, column in ((0, 0), (1, 0), (0, 1), (1, 1))]
    assert np.array_equal(seen["focus.space_to_depth"], np.concatenate(squares, 1))
    with pytest.raises(SpecError, match="do not tile a map of 15 x 12"):
        net_of(partial(focus, channels=5), (4, 15, 12))


@pytest.mark.parametrize("shortcut", [True, False])
@pytest.mark.parametrize("spatial", [None, separable_conv_bn_act])
def test_c3_joins_what_passed_before_what_went_round(shortcut: bool, spatial: Any) -> None:
    net = net_of(lambda x: c3(x, 6, 2, shortcut, spatial=spatial))
    seen = run(net, scrambled(net), image())
    passed = seen["c3.m.1.add"] if shortcut else seen[_last_of(net, "c3.m.1.conv2")]
    assert np.array_equal(seen["c3.concat"], np.concatenate([passed, seen["c3.conv2.relu"]], 1))
    assert ("c3.m.0.conv2.dconv.conv.weight" in net.weights) == (spatial is not None)


def _last_of(net: Net, path: str) -> str:
    return [node.path for node in net.nodes if node.path.startswith(f"{path}.")][-1]


def pyramid(x: Value) -> list[Value]:
    return pan([x, max_pool(x, 2), max_pool(x, 4)], partial(c3, depth=1, shortcut=False))


def test_path_aggregation_joins_the_doubled_and_the_halved_first() -> None:
    net = net_of(pyramid)
    seen = run(net, scrambled(net), image())
    assert [node.shape for node in (net.nodes[index] for index in net.outputs)] == [(4, 16, 12), (4, 8, 6), (4, 4, 3)]
    joins = [node for node in net.nodes if node.path.startswith("pan.concat")]
    found = [tuple(net.nodes[index].path.removeprefix("pan.") for index in node.inputs) for node in joins]
    assert found == [
        ("resize", "max_pool"),
        ("resize_1", "input"),
        ("down.0.relu", "narrow.1.relu"),
        ("down.1.relu", "narrow.0.relu"),
    ]
    assert np.array_equal(seen["pan.resize"], seen["pan.narrow.0.relu"].repeat(2, 2).repeat(2, 3))


def test_levels_that_do_not_halve_are_refused_with_advice() -> None:
    with pytest.raises(SpecError, match="double size 4 x 4, and the level below has 5 x 4; take an input whose sides"):
        net_of(lambda x: pan([x, max_pool(x, 2)], partial(c3, depth=1)), (4, 5, 4))
    with pytest.raises(SpecError, match="multiples of 32"):
        spec("yolov5n", input_size=(80, 96))


def test_a_decoupled_head_puts_the_box_first_and_the_classes_last() -> None:
    net = net_of(lambda x: decoupled_head([x, max_pool(x, 2)], 8, 3))
    assert [net.nodes[index].shape for index in net.outputs] == [(8, 16, 12), (8, 8, 6)]
    seen = run(net, scrambled(net), image())
    kinds = [seen[f"decoupled_head.{kind}_preds.1"] for kind in ("reg", "obj", "cls")]
    assert [kind.shape[1] for kind in kinds] == [4, 1, 3]
    assert np.array_equal(answers(net, image())[1], np.concatenate(kinds, 1))


def test_the_backbone_gives_three_maps_and_pools_before_or_after_its_last_stage() -> None:
    stem = partial(conv_bn_act, kernel=3, stride=2)
    make = partial(csp_darknet, width=4, depths=(1, 1, 1, 1), stem=stem)
    slow, fast = (net_of(partial(make, fast=fast), (3, 64, 32)) for fast in (False, True))
    for net in (slow, fast):
        assert [net.nodes[index].shape for index in net.outputs] == [(16, 8, 4), (32, 4, 2), (64, 2, 1)]
    assert "csp_darknet.dark5.1.conv3.conv.weight" in fast.weights
    assert "csp_darknet.dark5.2.conv3.conv.weight" in slow.weights
    assert "csp_darknet.dark5.1.m.0.add" in {node.path for node in fast.nodes}
    assert not [node for node in slow.nodes if node.path.startswith("csp_darknet.dark5.2.m") and node.kind == "add"]


@pytest.mark.parametrize("name", ["yolov5n", "yolox_nano", "yolox_darknet53", "yolov5s_focus"])
def test_a_detector_answers_with_named_maps_from_fine_to_coarse(name: str) -> None:
    net = spec(name, input_size=(64, 96), num_classes=2)
    channels = 21 if name.startswith("yolov5") else 7
    assert net.output_names == ("s8", "s16", "s32")
    assert net.evaluated == (0, 1, 2)
    assert [net.nodes[index].shape for index in net.outputs] == [(channels, 64 // s, 96 // s) for s in (8, 16, 32)]
    assert {node.op.eps for node in net.nodes if node.kind == "batch_norm"} == {1e-3}  # type: ignore[attr-defined]
    bare = spec(name, input_size=(64, 96), num_classes=0)
    assert bare.output_names == net.output_names
    assert not [weight for weight in bare.weights if weight.startswith("head.")]
