"""The parts of the YOLOs, for networks of one's own: pools side by side, joints of a pyramid, sizes that fit."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from diptych.common.blocks.pan_joints import bottom_up, require_halving, top_down
from diptych.common.blocks.spp import spp
from diptych.common.blocks.yolo_head import map_channels
from diptych.common.errors import SpecError
from diptych.common.ops.conv import conv
from diptych.common.ops.leaky_relu import leaky_relu
from diptych.common.reference import run
from diptych.common.registry import spec
from diptych.common.spec import Array
from diptych.common.trace import Value, trace
from diptych.common.weights import scrambled

ACT = partial(leaky_relu, slope=0.1)
SIZE = (2, 11, 9)


def pooled(x: Array, kernel: int) -> Array:
    """The maximum of each window of an odd size around a pixel."""
    side = kernel // 2
    padded = np.pad(x, ((0, 0), (0, 0), (side, side), (side, side)), constant_values=-np.inf)
    return np.asarray(sliding_window_view(padded, (kernel, kernel), axis=(2, 3)).max(axis=(4, 5)))


@pytest.mark.parametrize(
    ("kernels", "map_last", "order"),
    [((5, 9, 13), False, (1, 5, 9, 13)), ((13, 9, 5), True, (13, 9, 5, 1)), ((3,), False, (1, 3))],
)
def test_pools_stand_beside_the_map_in_the_order_asked_for(
    kernels: tuple[int, ...], map_last: bool, order: tuple[int, ...]
) -> None:
    net = trace(lambda x: spp(x, kernels, map_last), "net", SIZE)
    x = np.random.default_rng(0).standard_normal((1, *SIZE))
    found = run(net, {}, x)[net.nodes[-1].path]
    assert np.array_equal(found, np.concatenate([pooled(x, kernel) for kernel in order], axis=1))


def joined(x: Value, lateral: bool) -> dict[str, Value]:
    """A pyramid of two levels, down and up again."""
    fine = conv(x, 3, 3, pad=1, name="fine")
    coarse = conv(fine, 5, 3, stride=2, pad=1, name="coarse")
    down = top_down(coarse, fine, 4, ACT, lateral=lateral, name="down")
    return {"down": down, "up": bottom_up(down, coarse, 6, ACT, name="up")}


@pytest.mark.parametrize(("lateral", "channels"), [(False, 4 + 3), (True, 4 + 4)])
def test_joints_put_the_two_maps_side_by_side_in_their_order(lateral: bool, channels: int) -> None:
    net = trace(joined, "net", (3, 8, 12), lateral=lateral)
    assert [net.nodes[index].shape for index in net.outputs] == [(channels, 8, 12), (6 + 5, 4, 6)]
    values = run(net, scrambled(net), np.random.default_rng(0).standard_normal((1, 3, 8, 12)))
    above = values["down.conv_up.leaky_relu"].repeat(2, axis=2).repeat(2, axis=3)
    beside = values["down.conv_lateral.leaky_relu" if lateral else "fine"]
    assert np.array_equal(values["down.concat"], np.concatenate([beside, above] if lateral else [above, beside], 1))
    assert np.array_equal(values["up.concat"], np.concatenate([values["up.conv_down.leaky_relu"], values["coarse"]], 1))


@pytest.mark.parametrize(("side", "fits"), [(64, True), (57, True), (56, False), (65, False), (7, False), (25, True)])
def test_sizes_at_which_levels_do_not_halve_are_refused(side: int, fits: bool) -> None:
    def network(x: Value) -> Value:
        require_halving(x, finest=8, coarsest=32)
        return ACT(x)

    if fits:
        trace(network, "net", (3, 64, side))
        return
    with pytest.raises(SpecError, match=f"multiples of 32, or up to 7 less.*not 64x{side}"):
        trace(network, "net", (3, 64, side))


@pytest.mark.parametrize(("name", "finest"), [("yolov3", 8), ("yolov4", 8), ("yolov3_tiny", 16), ("yolov4_tiny", 16)])
def test_every_size_that_is_taken_has_levels_that_fit(name: str, finest: int) -> None:
    for less in range(32):
        if less < finest:
            spec(name, input_size=(64 - less, 96 - less))
            continue
        with pytest.raises(SpecError, match=f"up to {finest - 1} less"):
            spec(name, input_size=(64 - less, 96))


def test_a_map_has_a_box_its_objectness_and_its_classes_for_each_anchor() -> None:
    assert [map_channels(80), map_channels(1), map_channels(20, anchors=5), map_channels(0)] == [255, 18, 125, 0]
