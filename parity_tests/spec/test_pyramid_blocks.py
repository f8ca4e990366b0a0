"""Feature pyramids for networks of one's own: FPN equals torchvision's, PAN and BiFPN the papers' sums by hand."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from references.libraries import torchvision_models

from diptych import Net, build
from diptych.common.blocks.bifpn import bifpn
from diptych.common.blocks.c3 import c3
from diptych.common.blocks.fpn import fpn
from diptych.common.blocks.level_head import level_head
from diptych.common.blocks.pan import added, pan
from diptych.common.blocks.panet import panet
from diptych.common.errors import SpecError
from diptych.common.ops.conv import conv
from diptych.common.ops.max_pool import max_pool
from diptych.common.reference import run
from diptych.common.rewriting.fold import fold_weights, folded
from diptych.common.spec import Array
from diptych.common.trace import Value, shared, trace
from diptych.common.weights import scrambled

WIDTH = 6
CHANNELS = (4, 6, 5)
Pyramid = Callable[[list[Value]], list[Value]]


def network(x: Value, make: Pyramid) -> dict[str, Value]:
    """Three maps of halving size, rounded up, and a pyramid of them."""
    maps = list[Value]()
    for level, channels in enumerate(CHANNELS):
        x = conv(x, channels, 3, stride=2, pad=1, name=f"c{level}")
        maps.append(x)
    return {f"p{level}": x for level, x in enumerate(make(maps))}


def net_of(make: Any, size: tuple[int, int] = (32, 48)) -> Net:
    return trace(network, "net", (3, *size), make=make)


def values(net: Net, weights: Mapping[str, Array] | None = None) -> dict[str, Array]:
    """The value of each node, in float64."""
    image = np.random.default_rng(0).standard_normal((2, *net.input_shape))
    return run(net, scrambled(net) if weights is None else weights, image)


def answers(net: Net, weights: Mapping[str, Array] | None = None) -> list[Array]:
    seen = values(net, weights)
    return [seen[net.nodes[index].path] for index in net.outputs]


def torchvision_pyramid(extra: str) -> Any:
    torchvision_models()
    module = importlib.import_module("torchvision.ops.feature_pyramid_network")
    blocks = {
        "none": None,
        "pool": module.LastLevelMaxPool(),
        "input": module.LastLevelP6P7(CHANNELS[-1], WIDTH),
        "output": module.LastLevelP6P7(WIDTH, WIDTH),
    }
    return module.FeaturePyramidNetwork(list(CHANNELS), WIDTH, blocks[extra]).double().eval()


@pytest.mark.parametrize("size", [(32, 48), (37, 50), (21, 83)])
@pytest.mark.parametrize("extra", ["none", "pool", "input", "output"])
def test_a_feature_pyramid_is_torchvisions(extra: Any, size: tuple[int, int]) -> None:
    net = net_of(partial(fpn, width=WIDTH, extra=extra), size)
    weights, seen = scrambled(net), values(net)
    theirs = torchvision_pyramid(extra)
    prefix = "fpn."
    own = {name.removeprefix(prefix): array for name, array in weights.items() if name.startswith(prefix)}
    theirs.load_state_dict({name: torch.from_numpy(array.astype("float64")) for name, array in own.items()})
    with torch.no_grad():
        expected = theirs({str(level): torch.from_numpy(seen[f"c{level}"]) for level in range(3)})
    got = [seen[net.nodes[index].path] for index in net.outputs]
    assert len(got) == len(expected) == {"none": 3, "pool": 4, "input": 5, "output": 5}[extra]
    for ours, other in zip(got, expected.values(), strict=True):
        np.testing.assert_allclose(ours, other.numpy(), rtol=1e-10, atol=1e-10)
    model = build(net, "torch", weights=weights, dtype="float64")
    image = torch.from_numpy(np.random.default_rng(0).standard_normal((2, *net.input_shape)))
    with torch.no_grad():
        again = model(image)
    for ours, name in zip(got, net.output_names, strict=True):
        np.testing.assert_allclose(again[name].numpy(), ours, rtol=1e-10, atol=1e-10)


def test_other_extra_levels_are_refused() -> None:
    with pytest.raises(SpecError, match="none, pool, input or output, not 'p6'"):
        net_of(partial(fpn, width=WIDTH, extra="p6"))


def convolved(x: Array, weights: Mapping[str, Array], path: str, stride: int = 1) -> Array:
    """A convolution of torch with the weights of a node, padded by half its kernel."""
    kernel, bias = (torch.from_numpy(weights[f"{path}.{kind}"].astype(float)) if f"{path}.{kind}" in weights else None
                    for kind in ("weight", "bias"))  # fmt: skip
    assert kernel is not None
    groups = x.shape[1] // kernel.shape[1]
    pad = kernel.shape[2] // 2
    found: Array = torch.conv2d(torch.from_numpy(x), kernel, bias, stride, pad, groups=groups).numpy()
    return found


def test_path_aggregation_of_the_paper_adds_from_the_bottom_up() -> None:
    net = net_of(partial(panet, width=WIDTH), (37, 50))
    weights, seen = scrambled(net), values(net)
    levels = [seen[f"panet.fpn.layer_blocks.{level}.0"] for level in range(3)]
    wanted = [levels[0]]
    for step, above in enumerate(levels[1:]):
        down = np.maximum(convolved(wanted[-1], weights, f"panet.down.{step}.conv", 2), 0)
        wanted.append(np.maximum(convolved(down + above, weights, f"panet.bottom_up.{step}.conv"), 0))
    got = [seen[net.nodes[index].path] for index in net.outputs]
    for ours, theirs in zip(got, wanted, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-10)
    assert not [node for node in net.nodes if node.kind == "concat"]


def test_the_path_aggregation_of_the_yolos_adds_where_asked() -> None:
    def make(maps: list[Value]) -> list[Value]:
        return pan(maps, partial(c3, depth=1, shortcut=False), join=added)

    net = net_of(make, (32, 64))
    seen = values(net)
    assert not [node for node in net.nodes if node.kind == "concat" and "pan.concat" in node.path]
    joins = [node for node in net.nodes if node.path.startswith("pan.add")]
    assert len(joins) == 4
    for node in joins:
        first, second = (seen[net.nodes[index].path] for index in node.inputs)
        assert np.array_equal(seen[node.path], first + second)
    with pytest.raises(SpecError, match=r"adds maps of one shape, not \(4, 8, 8\) and \(4, 1, 1\); take levels"):
        trace(lambda x: added([x, max_pool(x, 8)]), "net", (4, 8, 8))


def fused(maps: Sequence[Array], weights: Mapping[str, Array], path: str) -> Array:
    """A node of BiFPN from maps of one size, by the paper's formula."""
    shares = np.maximum(weights.get(f"{path}.edge_weights", np.ones(len(maps))).astype(float), 0)
    total = shares.sum() + 1e-4 if f"{path}.edge_weights" in weights else 1.0
    x = sum(share * x for share, x in zip(shares, maps, strict=True)) / total
    x = x / (1 + np.exp(-x))
    x = convolved(convolved(x, weights, f"{path}.conv.conv_dw"), weights, f"{path}.conv.conv_pw")
    return normalised(x, weights, f"{path}.bn")


def normalised(x: Array, weights: Mapping[str, Array], path: str) -> Array:
    scale, bias, mean, variance = (
        weights[f"{path}.{kind}"].astype(float)[:, None, None]
        for kind in ("weight", "bias", "running_mean", "running_var")
    )
    return np.asarray((x - mean) / np.sqrt(variance + 1e-5) * scale + bias)


def resized(x: Array, like: Array) -> Array:
    rows, columns = (np.arange(n) * m // n for m, n in zip(x.shape[2:], like.shape[2:], strict=True))
    return x[:, :, rows][:, :, :, columns]


def pooled(x: Array) -> Array:
    return np.asarray(torch.nn.functional.max_pool2d(torch.from_numpy(x), 3, 2, 1).numpy())


@pytest.mark.parametrize("mode", ["fast", "sum"])
@pytest.mark.parametrize("size", [(32, 48), (37, 50)])
def test_a_cell_of_bifpn_is_what_the_paper_says(size: tuple[int, int], mode: Any) -> None:
    net = net_of(partial(bifpn, width=WIDTH, mode=mode), size)
    weights, seen = dict(scrambled(net)), values(net)
    c3_, c4_, c5_ = (seen[f"c{level}"] for level in range(3))

    def wide(x: Array, place: str) -> Array:
        """The edge's own convolution; the middle map has the width of the pyramid, and none."""
        path = f"bifpn.fnode.{place}"
        return normalised(convolved(x, weights, f"{path}.conv"), weights, f"{path}.bn")

    four = fused([c4_, resized(wide(c5_, "0.narrow"), c4_)], weights, "bifpn.fnode.0")
    three = fused([wide(c3_, "1.lateral"), resized(four, c3_)], weights, "bifpn.fnode.1")
    out4 = fused([c4_, four, pooled(three)], weights, "bifpn.fnode.2")
    out5 = fused([wide(c5_, "3.lateral"), pooled(out4)], weights, "bifpn.fnode.3")
    got = [seen[net.nodes[index].path] for index in net.outputs]
    for ours, theirs in zip(got, (three, out4, out5), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-10)
    assert ("bifpn.fnode.0.edge_weights" in net.weights) == (mode == "fast")


def test_exchanged_weights_of_a_fusion_are_seen() -> None:
    net = net_of(partial(bifpn, width=WIDTH))
    weights = dict(scrambled(net))
    name = "bifpn.fnode.2.edge_weights"
    weights[name] = weights[name][[1, 0, 2]]
    assert np.abs(answers(net)[1] - answers(net, weights)[1]).max() > 1e-3


def test_one_level_and_levels_that_do_not_halve_are_refused() -> None:
    with pytest.raises(SpecError, match="two levels or more, not 1"):
        net_of(lambda maps: bifpn(maps[:1], width=WIDTH))
    with pytest.raises(SpecError, match="half of the level below have one size, and not 4 x 6 and 8 x 12"):
        net_of(lambda maps: bifpn([maps[0], maps[2]], width=WIDTH))


def heads(maps: list[Value]) -> list[Value]:
    head = shared(level_head, name="head")
    return [head(x, 8, 2) for x in bifpn(maps, WIDTH)]


def test_a_shared_head_keeps_its_normalisations_when_it_is_folded() -> None:
    net = net_of(heads)
    weights = {name: array.astype("float64") for name, array in scrambled(net).items()}
    target = folded(net)
    kept = {node.path for node in target.nodes if node.kind == "batch_norm"}
    assert kept == {f"head.bn_rep.{layer}.{level}" for layer in range(2) for level in range(3)}
    for ours, theirs in zip(answers(net), answers(target, fold_weights(net, target, weights)), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-10)
    assert sum(name.startswith("head.conv_rep") for name in net.weights) == 2 * 3
