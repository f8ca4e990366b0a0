"""The referee: ONNX as a third and a fourth opinion, which must be able to blame either side, and the graph itself."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
from own_network import nested_network, own_network
from pairs import pair
from selection import GATED, QUICKEST, everyday
from torch import nn
from typer.testing import CliRunner

from diptych import DiptychError, check, networks
from diptych.checking.images import random_images
from diptych.checking.proof import Precision
from diptych.checking.report import Report
from diptych.commands.cli import app
from diptych.common import reference
from diptych.common.compare import FLOAT64_TOLERANCE, difference
from diptych.common.onnx_graph import Graph
from diptych.common.ops import op_class
from diptych.common.ops.batch_norm import batch_norm
from diptych.common.ops.conv import conv
from diptych.common.ops.flatten import flatten
from diptych.common.ops.gelu import gelu
from diptych.common.ops.linear import linear
from diptych.common.ops.max_pool import max_pool
from diptych.common.ops.relu import relu
from diptych.common.registry import network
from diptych.common.spec import Array, Net
from diptych.common.trace import Value, trace
from diptych.common.weights import scrambled
from diptych.onnx_impl import build
from diptych.onnx_impl.runtimes import evaluate, run

NARROW = 5e-5
"""The tolerance in float32: rounding gives 1e-7 (LeNet-5) to 1e-5 (GhostNet)."""


def small(x: Value) -> Value:
    """A network with one of each thing that a fault can hide in."""
    x = relu(batch_norm(conv(x, 6, 3, stride=2, pad=1, bias=False, name="conv1"), name="bn1"))
    x = max_pool(x, 3, 2, pad=1, name="pool1")
    x = relu(batch_norm(conv(x, 6, 3, pad=1, name="conv2"), name="bn2"))
    return linear(flatten(x), 5, name="fc")


@pytest.fixture(scope="module")
def net() -> Net:
    return trace(small, "small", (3, 14, 20))


def judged(net: Net, models: tuple[Any, Any]) -> Report:
    return check(net, models=models, batches=(2,), referee=True)


def failed(report: Report) -> str:
    """What the referee says of a check that does not pass."""
    assert not report.passed, str(report)
    assert report.gate("onnx").passed is None
    assert f"  referee: {report.referee}" in str(report)
    assert report.to_dict()["referee"] == report.referee
    return report.referee


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_without_a_fault_the_gate_passes(net: Net, dtype: Precision) -> None:
    report = judged(net, pair(net, dtype))
    assert report.passed, str(report)
    assert (len(report.gates), report.referee) == (7, "")
    gate = report.gate("onnx")
    assert gate.compared == 4, "two opinions on two models"
    assert gate.measured is not None
    assert gate.measured < FLOAT64_TOLERANCE
    assert "ONNX Runtime has no kernel of Conv in this precision" in gate.detail
    assert [each.name for each in check(net, models=pair(net), batches=(1,)).gates][-1] == "dropout"


def test_where_onnx_runtime_has_the_kernels_it_is_a_third_time_in_float64() -> None:
    plain = trace(lambda x: linear(flatten(max_pool(relu(x), 3, 2, pad=1)), 3), "plain", (3, 8, 9))
    gate = judged(plain, pair(plain)).gate("onnx")
    assert (gate.passed, gate.compared) == (True, 6)
    assert gate.detail.endswith("in float64")


def test_what_onnxs_evaluator_has_wrong_is_not_laid_at_the_models_door() -> None:
    rounded = trace(lambda x: linear(flatten(gelu(conv(x, 4, 3))), 3), "rounded", (3, 8, 9))
    report = judged(rounded, pair(rounded))
    assert report.passed, str(report)


def test_a_network_of_ones_own_with_three_outputs_is_judged_by_all_of_them() -> None:
    net = own_network()
    gate = judged(net, pair(net)).gate("onnx")
    assert (gate.passed, gate.compared) == (True, 12)


def test_a_registered_network_with_batch_normalisation_passes() -> None:
    report = check("mobilenet_v1_025", sizes=[(64, 48)], batches=(3,), referee=True)
    assert report.passed, str(report)


def test_the_command_tells_of_the_gate() -> None:
    done = CliRunner().invoke(app, ["check", "lenet5_modern", "--referee"])
    assert done.exit_code == 0, done.output
    (line,) = (line for line in done.stdout.splitlines() if line.split()[0] == "onnx")
    assert line.split()[1] == "pass"
    assert "1 of 1 networks are the same function" in done.stdout


def test_another_epsilon_in_torch_is_torchs_fault(net: Net) -> None:
    t, k = pair(net)
    t.bn2.eps = 1e-3
    said = failed(judged(net, (t, k)))
    assert said.startswith("ONNX does not agree with torch (reference evaluator ")
    assert "; from bn2 on), ONNX agrees with tf (reference evaluator " in said


def test_another_pad_in_keras_is_keras_fault(net: Net) -> None:
    t, k = pair(net)
    assert k.get_layer("conv1.pad").padding == ((1, 1), (1, 1))
    k.get_layer("conv1.pad").padding = ((0, 2), (0, 2))
    said = failed(judged(net, (t, k)))
    assert said.startswith("ONNX agrees with torch (reference evaluator ")
    assert "ONNX does not agree with tf (reference evaluator " in said
    assert said.endswith("; from conv1 on)")


def test_a_fault_that_only_running_shows_is_laid_where_it_is(net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    faithful = nn.MaxPool2d.forward
    monkeypatch.setattr(nn.MaxPool2d, "forward", lambda self, x: faithful(self, x) * 1.001)
    said = failed(judged(net, pair(net)))
    assert said.startswith("ONNX does not agree with torch")
    assert "; from pool1 on), ONNX agrees with tf" in said


def test_a_module_of_ones_own_that_scales_what_it_is_given(net: Net) -> None:
    t, k = pair(net)

    class Scaled(type(t)):  # type: ignore[misc]
        def forward(self, x: Any) -> Any:
            return super().forward(x * 1.001)

    t.__class__ = Scaled
    said = failed(judged(net, (t, k)))
    assert said.startswith("ONNX does not agree with torch")
    assert "; from conv1 on), ONNX agrees with tf" in said


def test_models_that_agree_on_another_function_than_onnx(net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(op_class("relu"), "onnx", lambda self, g, *inputs, **weights: g.add("LeakyRelu", *inputs))
    report = judged(net, pair(net))
    assert report.failed is not None
    assert report.failed.name == "onnx"
    assert [gate.passed for gate in report.gates] == [True] * 6 + [False]
    assert report.failed.where == "output fc"
    assert report.failed.detail.count("does not agree with") == 2
    assert report.failed.detail.count("; from relu on)") == 2


def test_a_graph_that_is_wrong_in_float32_alone(net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    def narrow(self: Any, g: Graph, *inputs: str, **weights: str) -> str:
        return g.add("Relu", *inputs) if g.double else g.add("LeakyRelu", *inputs, alpha=1e-3)

    monkeypatch.setattr(op_class("relu"), "onnx", narrow)
    report = judged(net, pair(net))
    assert report.failed is not None
    assert (report.failed.name, report.failed.where) == ("onnx", "output fc")
    assert "ONNX Runtime in float32 differs from " in report.failed.detail


def test_a_model_that_does_not_run_is_said_to(net: Net) -> None:
    t, k = pair(net)
    t.pool1.stride = 1
    said = failed(judged(net, (t, k)))
    assert said.startswith("torch does not run (RuntimeError), ONNX agrees with tf")


def test_a_model_with_other_weights_is_said_to(net: Net) -> None:
    said = failed(judged(net, (nn.Sequential(nn.Conv2d(3, 5, 3)), pair(net)[1])))
    assert said.startswith("torch has other weights than the spec, ONNX agrees with tf")


@pytest.mark.parametrize("missing", ["onnx", "onnxruntime"])
def test_without_the_opinions_it_says_what_to_install(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    needed = f"the referee needs {missing}; install it with `pip install 'diptych\\[onnx\\]'`"
    with pytest.raises(DiptychError, match=needed):
        check("lenet5_modern", referee=True)
    done = CliRunner().invoke(app, ["check", "lenet5_modern", "--referee"])
    assert done.exit_code == 2
    assert f"error: cannot check lenet5_modern: the referee needs {missing}" in done.stderr


def outputs(net: Net, weights: dict[str, Array], x: Array) -> list[Array]:
    values = reference.run(net, weights, x)
    return [values[net.nodes[index].path] for index in net.outputs]


def assert_judges_agree(net: Net, batch: int) -> None:
    """The reference evaluator in float64 and ONNX Runtime in float32 give what the network means in NumPy."""
    weights, x = scrambled(net), random_images(net, batch, np.random.default_rng(0))
    wanted = outputs(net, weights, x)
    graph = Graph(net, "float64")
    found = evaluate(build.model(graph, weights), graph.outputs, x)
    assert max(difference(a, b)[0] for a, b in zip(found, wanted, strict=True)) < FLOAT64_TOLERANCE
    graph = Graph(net, "float32")
    narrow = run(build.model(graph, weights), graph.outputs, x.astype(np.float32))
    assert not isinstance(narrow, str)
    gaps = [difference(a.astype(np.float64), b)[0] for a, b in zip(narrow, wanted, strict=True)]
    assert max(gaps) < NARROW


@pytest.mark.parametrize("net", [own_network(), nested_network()], ids=lambda net: net.name)
def test_both_judges_agree_on_networks_of_ones_own(net: Net) -> None:
    assert_judges_agree(net, batch=3)


DEAR = {
    *("alexnet_torchvision", "bn_inception", "darknet19_cls", "densenet121.keras", "googlenet_torchvision_bn"),
    *("inception_resnet_v1", "inception_resnet_v2.keras", "inception_v3", "inception_v3.keras", "inception_v4"),
    *("preresnet18", "preresnet50.keras", "resnet50.keras", "resnext50_32x4d", "vgg11_a"),
    *("xception", "xception.keras", "zfnet_paper"),
}
"""Of `make test`, these take 2 to 25 seconds: the evaluator's mean pools are slow, and so is moving gigabytes."""


def case(name: str) -> Any:
    """The cheapest of each family, and what has an op of its own, unless it is dear."""
    marks = [] if name in everyday().union(GATED) - DEAR else [pytest.mark.full]
    marks += [] if name in QUICKEST else [pytest.mark.slow]
    return pytest.param(name, marks=[*marks, *([pytest.mark.xdist_group("vgg")] if name.startswith("vgg") else [])])


@pytest.mark.parametrize("name", [case(name) for name in networks()])
def test_both_judges_agree_with_the_meaning(name: str) -> None:
    assert_judges_agree(network(name).trace(input_size=network(name).check_sizes[0]), batch=1)


def test_what_is_left_out_every_day_has_no_op_of_its_own() -> None:
    def ops(nets: list[Net]) -> set[str]:
        return {node.kind for net in nets for node in net.nodes}

    every = everyday().union(GATED)
    run = [network(name).trace() for name in every - DEAR]
    assert ops([network(name).trace() for name in every & DEAR]) <= ops([*run, own_network()])
