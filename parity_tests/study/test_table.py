"""The table of a network: published shapes and counts, receptive fields, and activations by the stated rule."""

from __future__ import annotations

import numpy as np
import pytest
from selection import ALL_NETWORKS

from diptych.common import registry
from diptych.common.analysis import RULE, described, nhwc, receptive_fields, table, totals
from diptych.common.ops.conv import Conv, conv
from diptych.common.ops.max_pool import MaxPool
from diptych.common.ops.resize import resize
from diptych.common.reference import run
from diptych.common.registry import networks, spec
from diptych.common.spec import Net
from diptych.common.trace import Value, trace
from diptych.common.weights import scrambled

ALEXNET = {  # Krizhevsky et al. 2012, section 3.5 and figure 2, with the pools that figure 2 draws between
    "conv1": (55, 55, 96),
    "pool1": (27, 27, 96),
    "conv2": (27, 27, 256),
    "pool2": (13, 13, 256),
    "conv3": (13, 13, 384),
    "conv4": (13, 13, 384),
    "conv5": (13, 13, 256),
    "pool5": (6, 6, 256),
    "fc6": (4096,),
    "fc7": (4096,),
    "fc8": (1000,),
}
VGG16 = (  # the notes of cs231n, "VGGNet in detail": height, channels, repeats, and a pool after each
    (224, 64, 2),
    (112, 128, 2),
    (56, 256, 3),
    (28, 512, 3),
    (14, 512, 3),
)


def test_alexnet_has_the_published_layer_shapes() -> None:
    found = {row.path: nhwc(row.shape) for row in table(spec("alexnet"))}
    assert {name: found[name] for name in ALEXNET} == ALEXNET
    assert found["input"] == (227, 227, 3)


def test_vgg16_has_the_published_layer_shapes_and_parameters() -> None:
    rows = table(spec("vgg16"))
    shapes = [nhwc(row.shape) for row in rows if row.type.startswith(("conv", "max_pool", "linear"))]
    expected: list[tuple[int, ...]] = []
    for size, channels, repeats in VGG16:
        expected += [(size, size, channels)] * repeats + [(size // 2, size // 2, channels)]
    assert shapes == [*expected, (4096,), (4096,), (1000,)]
    assert totals(rows)["parameters"] == 138_357_544


def test_vgg16_keeps_what_the_rows_of_cs231n_add_up_to() -> None:
    """Those rows add up to 15.2 million values, not to the "24M * 4 bytes ~= 96MB" printed under them."""
    rows_of_cs231n = 224 * 224 * 3 + 4096 + 4096 + 1000
    for size, channels, repeats in VGG16:
        rows_of_cs231n += size * size * channels * repeats + (size // 2) ** 2 * channels
    sums = totals(table(spec("vgg16")))
    assert sums["kept"] == rows_of_cs231n == 15_237_608
    assert sums["kept_bytes"] == 60_950_432


def test_an_adaptive_pool_that_changes_nothing_keeps_nothing() -> None:
    at_224 = {row.path: row for row in table(spec("vgg16"))}
    at_256 = {row.path: row for row in table(spec("vgg16", input_size=256))}
    assert (at_224["avgpool"].kept, at_256["avgpool"].kept) == (0, 512 * 7 * 7)
    assert [at_224[path].field for path in ("avgpool", "features.30")] == [(212, 212)] * 2
    assert at_256["avgpool"].field is None


def test_activations_dropout_and_flatten_write_over_their_input() -> None:
    rows = {row.path: row.kept for row in table(spec("alexnet"))}
    assert [rows[name] for name in ("relu1", "flatten", "drop6")] == [0, 0, 0]
    assert rows["norm1"] == 55 * 55 * 96
    assert "one tensor per op that does not write over its input" in RULE


@pytest.mark.parametrize(("name", "extent"), [("alexnet", 195), ("vgg16", 212), ("inception_v3", 1311)])
def test_receptive_fields_of_the_last_map_are_the_published_ones(name: str, extent: int) -> None:
    """Araujo, Norris & Sim 2019, Computing receptive fields of convolutional neural networks (distill.pub)."""
    fields = receptive_fields(spec(name))
    assert [field for field in fields if field is not None][-1] == (extent, extent)
    assert fields[-1] is None


def test_a_sum_of_two_paths_sees_what_the_wider_one_sees() -> None:
    rows = {row.path: row.field for row in table(spec("resnet18"))}
    assert [rows[path] for path in ("layer2.0.bn2", "layer2.0.add")] == [(67, 67)] * 2
    assert rows["layer2.0.downsample.1"] == (43, 43)


def traced(size: tuple[int, int], *layers: tuple[int | tuple[int, int], int | tuple[int, int]]) -> Net:
    def network(x: Value) -> Value:
        for kernel, stride in layers:
            x = conv(x, 1, kernel, stride=stride)
        return x

    return trace(network, "chain", (1, *size))


def test_a_receptive_field_is_the_window_that_changes_the_output() -> None:
    net = traced((12, 12), ((3, 5), (2, 1)), (3, 2), ((1, 2), 1))
    weights = scrambled(net)
    image = np.random.default_rng(0).standard_normal((1, 1, 12, 12))
    before = run(net, weights, image)[net.nodes[-1].path][0, 0, 0, 0]
    changes = np.zeros((12, 12), bool)
    for place in np.ndindex(12, 12):
        probe = image.copy()
        probe[(0, 0, *place)] += 1
        changes[place] = run(net, weights, probe)[net.nodes[-1].path][0, 0, 0, 0] != before
    height, width = (int(np.flatnonzero(changes.any(axis=axis)).max()) + 1 for axis in (1, 0))
    assert receptive_fields(net)[-1] == (height, width) == (7, 9)


def test_upsampling_shrinks_the_steps_of_a_receptive_field() -> None:
    net = trace(lambda x: conv(resize(x, scale=2), 1, 3), "up", (1, 8, 8))
    assert receptive_fields(net)[-1] == (2, 2)


@ALL_NETWORKS
@pytest.mark.parametrize("name", networks())
def test_totals_are_those_of_the_network(name: str) -> None:
    net = registry.traced(name, {})
    rows = table(net)
    sums = totals(rows)
    counts = (sums["parameters"], sums["statistics"], sums["buffers"], sums["macs"])
    assert counts == (net.params, net.statistics, net.buffers, net.macs)
    assert len(rows) == len(net.nodes)
    assert all(row.kept >= 0 and type(row.kept) is int for row in rows)


def test_training_only_heads_are_marked_and_left_out_of_the_macs() -> None:
    rows = table(spec("inception_v3_aux"))
    aside = [row for row in rows if not row.evaluated]
    assert {row.path.partition(".")[0] for row in aside} == {"AuxLogits"}
    assert sum(row.macs for row in aside) > 0
    assert totals(rows)["macs"] == totals(table(spec("inception_v3")))["macs"]


def test_descriptions_name_the_fields_that_matter() -> None:
    assert described(Conv(64, (3, 3), (2, 2), (1, 1, 1, 1), bias=False)) == "conv 3x3 / 2, 64, pad 1"
    assert described(Conv(8, (1, 7), (1, 2), (0, 1, 2, 3), groups=2)) == "conv 1x7 / 1x2, 8, pad 0 1 2 3, groups 2"
    assert described(Conv(8, (3, 3), (2, 2), "same", dilation=(2, 2))) == "conv 3x3 / 2, 8, pad same, dilation 2x2"
    assert described(MaxPool((3, 3), (2, 2), ceil_mode=True)) == "max_pool 3x3 / 2, ceil_mode"
