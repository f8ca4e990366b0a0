"""Every registered network has the published figures, exactly, and its options change what they should.

The figures on the cards were counted from the references that they name, not from diptych.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from selection import ALL_NETWORKS, cheap

from diptych.common.cards import FOLDER
from diptych.common.errors import DiptychError, SpecError
from diptych.common.registry import network, networks, spec, traced
from diptych.common.spec import Net, Node

OPEN = [name for name in networks() if network(name).num_classes is not None]
ALIASES = {  # what people say, of each kind; the rest follow the same patterns
    "alexnet": "alexnet_original",
    "darknet53": "darknet53_cls",
    "googlenet": "googlenet_bvlc",
    "hrnet_w18": "hrnet_w18_cls",
    "legacy_senet154": "senet154",
    "lenet5": "lenet5_1998",
    "mnasnet1_0": "mnasnet_b1",
    "mobilenet_v1": "mobilenet_v1_100",
    "repvgg_b1g4": "repvgg_b1g4_train",
    "resnetv2_50": "preresnet50.timm",
    "resnet50_v2": "preresnet50.keras",
    "shufflenet_v1": "shufflenet_v1_g3",
    "vgg11": "vgg11_a",
    "vgg16": "vgg16_d",
    "yolov3_tiny_416": "yolov3_tiny",
    "zfnet": "zfnet_paper",
}
SIZED = {  # records at another size than the network's own, and their multiplications
    "yolov3_608": ("yolov3", 608, 70345950208),
    "yolov3_spp_608": ("yolov3_spp", 608, 70724486144),
    "yolov4_608": ("yolov4", 608, 64194741248),
}


@ALL_NETWORKS
@pytest.mark.parametrize("name", networks())
def test_figures_are_the_published_ones(name: str) -> None:
    counts, net = network(name).card.counts, traced(name, {})
    figures = (net.params, net.statistics, net.buffers, net.macs, net.input_shape[1:])
    assert figures == (counts.params, counts.statistics, counts.buffers, counts.macs, counts.input), counts.source


@ALL_NETWORKS
@pytest.mark.parametrize("name", networks())
def test_a_card_is_filled_in(name: str) -> None:
    card = network(name).card
    assert card.paper.title in card.citation()
    assert 1989 < card.paper.year < 2027
    assert card.reference
    assert card.counts.source
    assert card.read_from or not card.paper.venue.startswith(("CVPR", "ICCV", "ECCV"))
    assert all(0 < error < 100 for item in card.reported for error in (item.top1, item.top5) if error is not None)


def test_no_card_is_left_over() -> None:
    found = {(path.stem, name) for path in FOLDER.iterdir() for name in json.loads(path.read_text())["networks"]}
    assert found == {(network(name).family, name) for name in networks()}


@ALL_NETWORKS
@pytest.mark.parametrize("name", networks())
def test_names_are_unique(name: str) -> None:
    net = traced(name, {})
    paths = [node.path for node in net.nodes]
    assert len(paths) == len(set(paths))
    assert len(net.weights) == sum(len(node.weights()) for node in net.nodes if not node.owner)


def test_titles_are_unique() -> None:
    titles = [network(name).title for name in networks()]
    assert len(titles) == len(set(titles))


@pytest.mark.parametrize("name", [cheap(name) for name in OPEN])
def test_num_classes_changes_every_head_and_nothing_else(name: str) -> None:
    net, other = traced(name, {}), spec(name, num_classes=7)
    grown = [index for index in net.outputs if _per_class(net, other, index, network(name).num_classes or 0)]
    changed = _changed(net.weights, other.weights)
    heads = [[{*head.weights()} for head in _heads(net, index) if changed & {*head.weights()}] for index in grown]
    assert all(heads), "an output has more channels, and no layer of its own"
    assert changed == set().union(*(names for head in heads for names in head)) & set(net.weights) != set()


@pytest.mark.parametrize("name", [cheap(name) for name in OPEN])
def test_without_classes_every_output_is_what_its_head_would_take(name: str) -> None:
    net, bare = traced(name, {}), spec(name, num_classes=0)
    assert bare.output_names == net.output_names
    heads = [weight for index in net.outputs for head in _heads(net, index) for weight in head.weights()]
    assert set(bare.weights) <= set(net.weights) - set(heads)


@pytest.mark.parametrize("name", [cheap(name) for name in networks()])
def test_in_channels_changes_the_first_convolution_and_nothing_else(name: str) -> None:
    channels = 2
    net, other = traced(name, {}), spec(name, in_channels=channels)
    assert other.input_shape == (channels, *net.input_shape[1:])
    # The fixed statistics of an input stage go with the channels, too.
    first = {n for n in _changed(net.weights, other.weights) if net.weights[n].kind == "trainable"}
    nodes = [net.node(n.rpartition(".")[0]) for n in sorted(first)]
    depthwise = {net.nodes.index(node) for node in nodes if node.op.class_key(*node.in_shapes)[0]}
    assert len({node.inputs for node in nodes if node.inputs[0] not in depthwise}) == 1, "they read one map"
    plain = [node for node in nodes if node.inputs == (0,) and net.nodes.index(node) not in depthwise]
    assert all(other.weights[name].shape[1] == channels for node in plain for name in node.weights() if name in first)


@pytest.mark.parametrize("name", [cheap(name) for name in networks()])
def test_input_size_is_taken_at_every_check_size(name: str) -> None:
    net = traced(name, {})
    sizes = network(name).check_sizes
    assert {height % 2 for height, _ in sizes} == ({0, 1} if _takes_odd(name) else {0}), "one even and one odd size"
    for size in sizes:
        other = spec(name, input_size=size)
        assert size[0] != size[1]
        assert other.input_shape == (net.input_shape[0], *size)
        assert list(other.weights) == list(net.weights)
        assert other.macs != net.macs


def test_one_number_is_a_square() -> None:
    assert spec("resnet18", input_size=64) == spec("resnet18", input_size=(64, 64))


def test_aliases_resolve() -> None:
    found = {alias: name for name in networks() for alias in network(name).aliases}
    assert ALIASES.items() <= found.items()
    assert not set(found) & set(networks())
    for alias, name in found.items():
        size = network(name).alias_sizes.get(alias)
        assert replace(network(alias), asked_size=None) == network(name)
        assert network(alias).asked_size == size != network(name).input_size


def test_every_alias_with_a_size_is_an_alias() -> None:
    assert all(set(network(name).alias_sizes) <= set(network(name).aliases) for name in networks())


@pytest.mark.parametrize("alias", SIZED)
def test_an_alias_with_a_size_is_the_network_at_that_size(alias: str) -> None:
    name, size, macs = SIZED[alias]
    net = spec(alias)
    assert (net.name, net.macs, net.options) == (name, macs, (("input_size", (size, size)),))
    assert net == spec(name, input_size=size)
    assert spec(alias, input_size=64, num_classes=1) == spec(name, input_size=64, num_classes=1)
    assert spec(f"{alias}.folded") == spec(f"{name}.folded", input_size=size)
    assert network(name).asked_size is None


def test_a_fixed_output_takes_no_num_classes() -> None:
    with pytest.raises(SpecError, match="lenet5_1998 has a fixed output"):
        spec("lenet5_1998", num_classes=10)


@pytest.mark.parametrize(("wrong", "right"), [("resnet5O", "resnet50"), ("vgg16_db", "vgg16_d")])
def test_an_unknown_name_names_near_matches(wrong: str, right: str) -> None:
    with pytest.raises(DiptychError, match=f"'{right}'"):
        network(wrong)


@pytest.mark.parametrize("options", [{"num_classes": -1}, {"in_channels": -1}, {"input_size": (32, 0)}])
def test_senseless_options_are_named(options: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match=next(iter(options))):
        spec("resnet18", **options)


def test_an_image_that_is_too_small_is_refused_where_it_runs_out() -> None:
    with pytest.raises(SpecError, match=r"features\.\d+ "):
        spec("vgg11", input_size=16)


def _per_class(net: Net, other: Net, index: int, num_classes: int) -> int:
    """How many channels of an output there are for each class, of which the other network has 7: 1 in a vector."""
    (ours, *size), (theirs, *same) = net.nodes[index].shape, other.nodes[index].shape
    per_class, rest = divmod(ours - theirs, num_classes - 7)
    assert (size, rest) == (same, 0)
    assert size or (per_class, theirs) == (1, 7)
    return per_class


def _heads(net: Net, index: int) -> list[Node]:
    """The layers that an output comes from: the last ones with weights before it."""
    node = net.nodes[index]
    return [node] if node.weights() else [head for place in node.inputs for head in _heads(net, place)]


def _takes_odd(name: str) -> bool:
    """Whether a network takes images of odd sides; one that begins with squares of 2x2 pixels refuses them."""
    try:
        spec(name, input_size=(95, 95))
    except SpecError as error:
        return "squares of 2" not in str(error)
    return True


def _changed(ours: dict[str, Any], theirs: dict[str, Any]) -> set[str]:
    assert list(ours) == list(theirs)
    return {name for name, weight in ours.items() if weight.shape != theirs[name].shape}
