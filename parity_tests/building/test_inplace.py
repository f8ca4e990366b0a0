"""A built torch module writes over maps that nothing else reads, and what it computes does not change by that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import torch
from selection import GATED, placed, some
from torch import nn

import diptych
from diptych import networks
from diptych.common.ops.add import add
from diptych.common.ops.batch_norm import batch_norm
from diptych.common.ops.conv import conv
from diptych.common.ops.flatten import flatten
from diptych.common.ops.leaky_relu import leaky_relu
from diptych.common.ops.linear import linear
from diptych.common.ops.max_pool import max_pool
from diptych.common.ops.relu import relu
from diptych.common.ops.silu import silu
from diptych.common.registry import network
from diptych.common.spec import Net
from diptych.common.trace import Value, block, trace
from diptych.common.weights import scrambled
from diptych.torch_impl.build import compiled
from diptych.torch_impl.features import graph_of
from diptych.torch_impl.inplace import overwriting
from diptych.torch_impl.source import source, source_in_place


def normal(x: Value) -> Value:
    return batch_norm(conv(x, 4, 3, pad=1, name="c"), name="b")


def of_input(x: Value) -> Value:
    return relu(x, name="act")


def of_norm(x: Value) -> Value:
    return relu(normal(x), name="act")


def of_linear(x: Value) -> Value:
    return silu(linear(flatten(x), 3, name="fc"), name="act")


def of_two_readers(x: Value) -> Value:
    y = normal(x)
    return add(relu(y, name="act"), y, name="sum")


def of_pool(x: Value) -> Value:
    return relu(max_pool(x, 2), name="act")


def of_view(x: Value) -> Value:
    return relu(flatten(conv(x, 4, 3, name="c")), name="act")


def of_activation(x: Value) -> Value:
    return silu(relu(normal(x), name="first"), name="act")


def of_output(x: Value) -> tuple[Value, Value]:
    y = normal(x)
    return y, relu(y, name="act")


def of_residual(x: Value) -> Value:
    return relu(add(x, batch_norm(conv(x, 3, 1, name="c"), name="b"), name="sum"), name="act")


def of_itself(x: Value) -> Value:
    y = normal(x)
    return relu(add(y, y, name="sum"), name="act")


def of_falling_leaky(x: Value) -> Value:
    return leaky_relu(normal(x), -0.5, name="act")


@block
def unit(x: Value) -> Value:
    """A convolution."""
    return conv(x, 4, 3, name="c")


@block
def activation(x: Value) -> Value:
    """An activation of what comes in."""
    return relu(x, name="act")


def of_a_block(x: Value) -> Value:
    return relu(unit(x, name="u"), name="act")


def in_a_block(x: Value) -> Value:
    return activation(conv(x, 4, 3, name="c"), name="a")


CASES: list[tuple[Callable[[Value], Any], dict[str, int]]] = [
    (of_input, {}),
    (of_norm, {"act": 0}),
    (of_linear, {"act": 0}),
    (of_two_readers, {}),
    (of_pool, {}),  # the gradient of a pool looks at its output in some of torch's kernels
    (of_view, {}),  # a flattened map is the map's own memory
    (of_activation, {"first": 0}),  # the gradient of a ReLU is read off its output
    (of_output, {}),
    (of_residual, {"sum": 1, "act": 0}),
    (of_itself, {"act": 0}),
    (of_falling_leaky, {}),
    (of_a_block, {"act": 0}),
    (in_a_block, {}),
]


@pytest.mark.parametrize(("function", "wanted"), CASES, ids=[function.__name__ for function, _ in CASES])
def test_what_is_written_over(function: Callable[[Value], Any], wanted: dict[str, int]) -> None:
    net = trace(function, function.__name__, (3, 8, 6))
    assert overwriting(net) == wanted
    same_with_and_without(net)


def same_with_and_without(net: Net) -> None:
    """The same outputs, gradients and statistics, bit for bit, in evaluation and in training."""
    for training in (False, True):
        plain, ours = (results(net, inplace, training) for inplace in (False, True))
        assert plain.keys() == ours.keys()
        wrong = [name for name in plain if not torch.equal(plain[name], ours[name])]
        assert not wrong, (net.name, training, wrong)


def results(net: Net, inplace: bool, training: bool) -> dict[str, torch.Tensor]:
    model = diptych.build(net, "torch", weights=scrambled(net), dtype="float64", inplace=inplace).train(training)
    for layer in model.modules():
        if isinstance(layer, nn.Dropout):
            layer.p = 0.0
    x = torch.randn(2, *net.input_shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    kept = x.clone()
    x.requires_grad_()
    y = model(x)
    outputs = tuple(y.values()) if isinstance(y, dict) else y if isinstance(y, tuple) else (y,)
    torch.stack([(output * output.detach().cos()).sum() for output in outputs]).sum().backward()
    assert torch.equal(x, kept), "the input was written over"
    found = {f"output {number}": output.detach() for number, output in enumerate(outputs)} | {"input": x.grad}
    found |= {f"gradient of {name}": p.grad for name, p in model.named_parameters() if p.grad is not None}
    return found | {name: value.clone() for name, value in model.state_dict().items()}


def at_check_size(name: str) -> Net:
    return network(name).trace(input_size=min(network(name).check_sizes))


@pytest.mark.parametrize("name", some(GATED, "lenet5_1998", "shufflenet_v2_x0_5"))
def test_the_numbers_of_a_network_are_the_same_bits(name: str) -> None:
    same_with_and_without(at_check_size(name))


@pytest.mark.parametrize("name", [placed(name) for name in networks()])
def test_the_code_that_runs_writes_over_nothing_that_is_read_again(name: str) -> None:
    """Counted in the graph that torch.fx takes from the module, which knows nothing of the rule in inplace.py."""
    net = diptych.spec(name)
    with torch.device("meta"):
        model = compiled(net)[net.name]()
    graph, nodes = graph_of(net, model)
    modules, found = dict(model.named_modules()), Counter[str]()
    paths = {node: path for path, node in nodes.items()}
    for node in graph.nodes:
        by_layer = node.op == "call_module" and getattr(modules[node.target], "inplace", False)
        by_name = node.op != "call_module" and str(getattr(node.target, "__name__", node.target)).endswith("_")
        if by_layer or by_name or node.kwargs.get("inplace"):
            assert [reader.name for reader in node.args[0].users] == [node.name], paths[node]
            assert node.args[0].op != "placeholder", paths[node]
            found[net.node(paths[node]).kind] += 1
    assert found == Counter(net.node(path).kind for path in overwriting(net))
    assert found.total() or not any(node.op.may_overwrite() for node in net.nodes)


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v2", "googlenet_bvlc"])
def test_the_source_differs_by_the_writing_over_alone(name: str) -> None:
    net = diptych.spec(name)
    plain, ours = source(net), source_in_place(net)
    pairs = list(zip(plain.text.splitlines(), ours.text.splitlines(), strict=True))
    assert any(a != b for a, b in pairs)
    for a, b in pairs:
        undone = b.replace("(inplace=True)", "()").replace(", inplace=True", "").replace("relu_(", "relu(")
        assert undone == a or ".add_(" in b
    assert "inplace" not in plain.text
    assert "_(" not in plain.text.replace("__init__(", "")


def test_features_are_what_the_nodes_gave() -> None:
    net = diptych.spec("resnet18", input_size=(64, 48))
    every = [node.path for node in net.nodes[1:]]
    x = torch.randn(1, *net.input_shape, dtype=torch.float64)
    weights = scrambled(net)
    found = diptych.build(net, "torch", weights=weights, dtype="float64", features=every)(x)
    model = diptych.build(net, "torch", weights=weights, dtype="float64", inplace=False)
    seen: dict[str, torch.Tensor] = {}
    for path, module in model.named_modules():
        module.register_forward_hook(lambda m, i, output, path=path: seen.update({path: output}))
    model(x)
    both = seen.keys() & found.keys()
    assert {"bn1", "layer1.0.bn1", "layer2.0.downsample.1"} <= both
    assert all(torch.equal(seen[path], found[path]) for path in both)
    assert (found["bn1"] < 0).any(), "what a ReLU reads has numbers below zero"


def test_hooks_need_a_clone_or_a_module_that_writes_over_nothing() -> None:
    net = diptych.spec("resnet18", input_size=(64, 48))
    x = torch.randn(2, *net.input_shape)
    for inplace in (True, False):
        model = diptych.build(net, "torch", inplace=inplace)
        kept: list[torch.Tensor] = []
        handle = model.bn1.register_forward_hook(lambda m, i, output, kept=kept: kept.append(output))
        model(x)
        handle.remove()
        assert bool((kept[0] < 0).any()) is not inplace
        model.bn1.register_full_backward_hook(lambda m, i, o, kept=kept: kept.append(o[0]))
        if inplace:
            with pytest.raises(RuntimeError, match="inplace"):
                model(x)
        else:
            model(x).sum().backward()
            assert kept[1].shape == kept[0].shape
