"""Folding batch normalisation is exact, makes a network like any other, and leaves alone what it would change."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from selection import placed, some

from diptych import Net, fold, networks, spec
from diptych.checking.images import random_images
from diptych.common import reference
from diptych.common.compare import FLOAT64_TOLERANCE, difference
from diptych.common.dialect import check_bijective
from diptych.common.errors import DiptychError, WeightsError
from diptych.common.ops.batch_norm import batch_norm
from diptych.common.ops.conv import conv
from diptych.common.ops.global_avg_pool import global_avg_pool
from diptych.common.ops.linear import linear
from diptych.common.ops.relu import relu
from diptych.common.registry import canonical, network, traced
from diptych.common.rewriting.fold import foldable, folded
from diptych.common.spec import Array, Shape
from diptych.common.trace import Value, sequence, stack, trace
from diptych.common.weights import Weights, scrambled
from diptych.conversion.identify import identified, identify
from diptych.conversion.signatures import dialects_of
from diptych.emission import twins
from diptych.files.tensors import Tensors

SHAPE: Shape = (4, 9, 6)
FOLDED = [name for name in networks() if network(name).card.counts.statistics]  # tracing them all takes half a minute
PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
PLAIN = [name for name in networks() if name not in FOLDED]


def wide(net: Net) -> Weights:
    return {name: array.astype(np.float64) for name, array in scrambled(net).items()}


def outputs(net: Net, weights: Weights) -> list[Array]:
    values = reference.run(net, weights, random_images(net, 2, np.random.default_rng(0)))
    return [values[net.nodes[index].path] for index in net.outputs]


def apart(one: Net, weights: Weights, two: Net, others: Weights) -> float:
    """The largest relative difference of an output; the first must not be constant, which would hide a fault."""
    pairs = list(zip(outputs(two, others), outputs(one, weights), strict=True))
    assert all(want.std() > 0 for _, want in pairs)
    return max(difference(got, want)[0] for got, want in pairs)


@pytest.mark.parametrize("name", [placed(name) for name in FOLDED])
def test_a_folded_network_is_the_same_function(name: str) -> None:
    net = network(name).trace(input_size=network(name).check_sizes[0])
    weights = wide(net)
    target, merged = fold(net, weights)
    assert target == network(f"{name}.folded").trace(input_size=network(name).check_sizes[0])
    assert apart(net, weights, target, merged) < FLOAT64_TOLERANCE
    assert target.statistics < net.statistics


@pytest.mark.slow
def test_every_network_with_a_normalisation_folds_some_and_most_all() -> None:
    assert [name for name in networks() if foldable(traced(name, {}))] == FOLDED
    assert all(node.kind != "batch_norm" for name in PLAIN for node in traced(name, {}).nodes)
    left = {name for name in FOLDED if any(node.kind == "batch_norm" for node in fold_net(name).nodes)}
    families = {network(name).family for name in left}
    assert (len(PLAIN), len(FOLDED), len(left)) == (35, 212, 30)
    # Normalisation before the activation, after additions or maps; and that of each level after a shared convolution.
    assert families == {"densenet", "preresnet", "efficientdet"}


@pytest.mark.parametrize("name", [placed(name, gated=True) for name in FOLDED])
def test_both_sources_of_a_folded_network_are_twins(name: str, tmp_path: Path) -> None:
    ours, theirs = twins(fold_net(name))
    assert len(ours.text.splitlines()) == len(theirs.text.splitlines())
    assert ours.origins == theirs.origins
    for side, emitted in (("torch", ours), ("tf", theirs)):
        (tmp_path / f"{side}.py").write_text(emitted.text)
    for command in (("check",), ("format", "--check")):
        done = subprocess.run([sys.executable, "-m", "ruff", *command, "--config", str(PYPROJECT), str(tmp_path)],
                              capture_output=True, text=True, check=False)  # fmt: skip
        assert done.returncode == 0, done.stdout


def test_a_linear_layer_and_a_convolution_with_a_bias_fold() -> None:
    def function(x: Value) -> Value:
        x = batch_norm(conv(x, 6, 3, groups=2, bias=True), eps=1e-3, scale=False)
        return batch_norm(linear(global_avg_pool(relu(x)), 5), name="norm")

    net = trace(function, "own", SHAPE)
    target, merged = fold(net, wide(net))
    assert (target.name, [node.kind for node in target.nodes]) == (
        "own.folded",
        ["input", "conv", "relu", "global_avg_pool", "linear"],
    )
    assert apart(net, wide(net), target, merged) < FLOAT64_TOLERANCE
    assert {array.dtype for array in fold(net, scrambled(net))[1].values()} == {np.dtype(np.float32)}


def two_takers(x: Value) -> Value:
    y = conv(x, 4, 3, pad=1)
    return batch_norm(y) + y


def shared(x: Value) -> Value:
    y = conv(x, 4, 3, pad=1, name="c")
    z = conv(relu(y), 4, 3, pad=1, name="d", owner="c")
    return batch_norm(z) + batch_norm(y)


def behind_an_activation(x: Value) -> Value:
    return batch_norm(relu(conv(x, 4, 3)))


def both_are_outputs(x: Value) -> tuple[Value, Value]:
    y = conv(x, 4, 3)
    return batch_norm(y), y


@pytest.mark.parametrize("function", [two_takers, shared, behind_an_activation, both_are_outputs])
def test_what_would_change_the_function_is_not_folded(function: object) -> None:
    net = trace(function, "own", SHAPE)  # type: ignore[arg-type]
    weights = wide(net)
    assert foldable(net) == {}
    assert fold(net, weights)[0] is net
    with pytest.raises(DiptychError, match="own has no batch normalisation after a convolution"):
        folded(net)


def test_a_wrong_epsilon_a_forgotten_mean_and_a_lost_bias_would_be_noticed() -> None:
    net = trace(lambda x: batch_norm(conv(x, 6, 3), eps=1e-3), "own", SHAPE)
    weights = wide(net)
    target, merged = fold(net, weights)
    for fault in ("eps", "mean", "bias"):
        wrong = dict(weights)
        if fault == "eps":
            wrong["batch_norm.running_var"] = weights["batch_norm.running_var"] + 1e-3
        else:
            name = {"mean": "batch_norm.running_mean", "bias": "conv.bias"}[fault]
            wrong[name] = np.zeros_like(weights[name])
        assert apart(net, weights, target, fold(net, wrong)[1]) > 1e-5
    assert apart(net, weights, target, merged) < FLOAT64_TOLERANCE


@sequence
def unit(x: Value) -> Value:
    return relu(batch_norm(conv(x, 6, 3)))


def test_chains_are_numbered_anew() -> None:
    def function(x: Value) -> Value:
        with stack("features"):
            x = unit(x)
            x = batch_norm(conv(x, 5, 3))
            return relu(x)

    target = folded(trace(function, "own", SHAPE))
    assert [node.path for node in target.nodes[1:]] == ["features.0.0", "features.0.1", "features.1", "features.2"]


def foldable_names() -> list[str]:
    return [
        name for name in canonical().values() if foldable(traced(name, {})) and "repvgg" not in name
    ]  # branches merge


TO_BE_NAMED = ("efficientdet_d0",)
"""The folded networks that --network must name: shared layers keep a normalisation for each level."""


@pytest.mark.parametrize("name", some(foldable_names(), "resnet50", "bn_inception", "mobilenet_v1_100"))
def test_what_others_folded_is_found_by_the_names_from_before(name: str) -> None:
    """PyTorch's own fusion and its ONNX exporter leave every layer its name, in whosever names the network was."""
    net = spec(f"{name}.folded")
    asked = [item for item in dialects_of(f"{name}.folded") if not item.of_layers]
    assert len(asked) > 1
    for item in asked[1:]:
        layers = {node.path for node in net.nodes}  # a weight that a block owns goes by the block
        check_bijective(item, layers & {weight.rpartition(".")[0] for weight in net.weights})
        arrays = {
            item.weight(weight): np.zeros(tuple(map(int, shaped.shape)), np.float32)
            for weight, shaped in net.weights.items()
        }
        fused = Tensors(Path("fused.pth"), "torch", arrays)
        assert identified(fused, net.name, {}).net.name == net.name, item.library
        if name in TO_BE_NAMED:
            continue
        if net.weights.keys() - traced(name, {}).weights.keys():  # else its biases do not tell, and it must be named
            assert net.name in identify(fused).names, item.library
        else:
            assert net.name not in identify(fused).names, item.library


def test_names_of_folded_networks() -> None:
    assert spec("resnet18.folded", num_classes=7).nodes[-1].shape == (7,)
    assert network("resnet18.folded").card == network("resnet18").card
    assert network("darknet53.folded").name == "darknet53_cls.folded"
    assert network("repvgg_b1g2_train.folded").name == network("repvgg_b1g2.folded").name == "repvgg_b1g2_deploy"
    with pytest.raises(DiptychError, match="vgg16_d has no batch normalisation"):
        spec("vgg16_d.folded")
    with pytest.raises(DiptychError, match="there is no network 'resnet17'"):
        spec("resnet17.folded")
    with pytest.raises(WeightsError, match="missing bn1"):
        fold("resnet18", {})


def fold_net(name: str) -> Net:
    return traced(f"{name}.folded", {})
