"""Darknet's detectors: convolutions in the order of its sections, and the slips that a port makes are seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from references import Reference, references
from references.libraries import reference_model
from selection import some

from diptych import Net
from diptych.common.compare import FLOAT64_TOLERANCE, difference
from diptych.common.reference import run
from diptych.common.registry import spec
from diptych.common.spec import Array, Node
from diptych.common.weights import Weights, scrambled

ITEMS = {item.network: item for item in references("libreyolo") if not item.options}
SIZE = (64, 96)


def sections(net: Net, item: Reference) -> list[int]:
    """The section of Darknet's configuration that each convolution is, in the order of the network."""
    names = [item.named(f"{node.path}.weight") for node in net.nodes if node.kind == "conv"]
    return [int(name.split(".")[1]) for name in names]


@pytest.mark.parametrize("name", ITEMS)
def test_convolutions_stand_in_the_order_of_the_configuration(name: str) -> None:
    """A .weights file has no names: what is read for a convolution follows from its place alone."""
    found = sections(spec(name), ITEMS[name])
    assert found == sorted(set(found))


def test_another_order_is_seen() -> None:
    net = spec("yolov3_tiny")
    swapped = replace(net, nodes=(*net.nodes[:1], *reversed(net.nodes[1:])))
    found = sections(swapped, ITEMS["yolov3_tiny"])
    assert found != sorted(set(found))


@pytest.mark.parametrize(
    ("name", "outputs"),
    [
        ("yolov3", ("s32", "s16", "s8")),
        ("yolov3_spp", ("s32", "s16", "s8")),
        ("yolov3_tiny", ("s32", "s16")),
        ("yolov4", ("s8", "s16", "s32")),
        ("yolov4_tiny", ("s32", "s16")),
    ],
)
def test_answers_are_the_maps_of_all_levels_in_darknets_order(name: str, outputs: tuple[str, ...]) -> None:
    net = spec(name, input_size=SIZE, num_classes=2)
    assert net.output_names == outputs
    assert net.evaluated == tuple(range(len(outputs)))
    shapes = [net.nodes[index].shape for index in net.outputs]
    strides = [int(label.removeprefix("s")) for label in outputs]
    assert shapes == [(21, SIZE[0] // stride, SIZE[1] // stride) for stride in strides]


def changed(net: Net, path: str, change: Callable[[Node], Node]) -> Net:
    """The network with another node at a path."""
    net.node(path)
    return replace(net, nodes=tuple(change(node) if node.path == path else node for node in net.nodes))


def backwards(node: Node) -> Node:
    return replace(node, inputs=node.inputs[::-1], in_shapes=node.in_shapes[::-1])


def with_op(**fields: Any) -> Callable[[Node], Node]:
    return lambda node: replace(node, op=replace(node.op, **fields))


FAULTS = [
    ("yolov3_spp", "set_p5.3.concat", backwards, 1e-3),
    ("yolov3_tiny", "backbone.max_pool_5", with_op(pads=(1, 0, 1, 0)), 1e-3),
    ("yolov3_tiny", "join_p4.concat", backwards, 1e-3),
    ("yolov3_tiny", "join_p4.conv_up.leaky_relu", with_op(slope=0.01), 1e-3),
    ("yolov3_tiny", "backbone.conv1.bn", with_op(eps=1e-6), 1e-8),
    ("yolov4_tiny", "backbone.stages.0.channel_slice", with_op(start=0, stop=32), 1e-3),
    ("yolov4_tiny", "backbone.stages.1.concat", backwards, 1e-3),
    ("yolov4_tiny", "backbone.stages.2.concat_1", backwards, 1e-3),
]
"""What ports get wrong, and how far from the reference it leads at least."""


@pytest.mark.parametrize(("name", "path", "change", "least"), some(FAULTS, *(f for f in FAULTS if "tiny" in f[0])))
def test_the_slips_of_ports_are_seen(name: str, path: str, change: Callable[[Node], Node], least: float) -> None:
    """The meaning in NumPy is that of the reference, and with the slip it is not."""
    item = next(item for item in references("libreyolo") if item.network == name)
    net = spec(name, input_size=(32, 64))
    weights = scrambled(net)
    image = np.random.default_rng(0).standard_normal((1, *net.input_shape))
    model = reference_model(item, {key: torch.from_numpy(value).double() for key, value in weights.items()})
    with torch.no_grad():
        wanted = [value.numpy() for value in model(torch.from_numpy(image))]
    assert distance(net, weights, image, wanted) < FLOAT64_TOLERANCE
    assert distance(changed(net, path, change), weights, image, wanted) > least


def distance(net: Net, weights: Weights, image: Array, wanted: list[Array]) -> float:
    """The largest relative difference between the maps of a network and those that are wanted."""
    values = run(net, weights, image)
    found = [values[net.nodes[index].path] for index in net.outputs]
    return max(difference(ours, theirs)[0] for ours, theirs in zip(found, wanted, strict=True))
