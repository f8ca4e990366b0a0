"""Intermediate outputs of a built module by node path, through torch.fx: the module itself is run as it stands."""

from __future__ import annotations

import inspect
import operator
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import torch
from torch import fx, nn

from ..common.errors import SpecError
from ..common.spec import Array, Net


class _Tracer(fx.Tracer):
    """Enter the blocks that diptych compiled and plain chains; leave every other module whole."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return not (is_built(m) or type(m) is nn.Sequential)


def is_built(model: nn.Module) -> bool:
    """Whether the forward of this module was compiled from emitted source, and is not that of a class made from it."""
    return "diptych_block" in vars(type(model)) and "forward" not in vars(model)


def graph_of(net: Net, model: nn.Module) -> tuple[fx.Graph, dict[str, fx.Node]]:
    """The graph of a built module, and its graph node for each node path of the network."""
    helpers = filter(inspect.isfunction, vars(sys.modules[type(model).__module__]).values())
    graph = _Tracer(autowrap_functions=tuple(helpers)).trace(model)
    found = [node for node in graph.nodes if node.op != "output" and not _reads_shape(node)]
    found = _in_order(net, found)
    if len(found) != len(net.nodes):
        raise SpecError(f"this torch module runs {len(found)} operations, {net.name} has {len(net.nodes)} nodes")
    for ours, module, theirs in zip(net.nodes, net.modules, found, strict=True):
        if theirs.op == "call_module" and theirs.target not in (module, ours.owner):
            raise SpecError(f"this torch module runs {theirs.target} where {net.name} has {ours.path}")
    return graph, {ours.path: theirs for ours, theirs in zip(net.nodes, found, strict=True)}


def _in_order(net: Net, found: list[fx.Node]) -> list[fx.Node]:
    """The graph nodes, with the weights of blocks where the network names them, not where they are first read."""
    weights = {node.target: node for node in found if node.op == "get_attr"}
    owners = {id(node): node.target for node in found if node.op == "get_attr"}
    taken = {node: id(node.args[0]) for node in found if node.target == "reshape"}
    reshaped = {node: owners[taken[node]] for node in taken if taken[node] in owners}  # stored in another shape
    weights |= {target: node for node, target in reversed(reshaped.items())}
    others = iter(node for node in found if node.op != "get_attr" and node not in reshaped)
    pairs = zip(net.nodes, net.modules, strict=True)  # a tied one has its own name only where the tie is broken
    named = (module if module in weights else node.owner or node.path for node, module in pairs)
    return [*filter(None, (weights[path] if path in weights else next(others, None) for path in named)), *others]


def _reads_shape(node: fx.Node) -> bool:
    """Whether a node is a step of `x.shape[2:]`, which is part of the operation that takes it."""
    if node.target is operator.getitem and isinstance(node.args[0], fx.Node):
        return _reads_shape(node.args[0])
    return node.target is getattr and node.args[1:] == ("shape",)


def features_of(net: Net, model: nn.Module, paths: Sequence[str]) -> nn.Module:
    """A module with the same weights and names that returns {path: output} for paths of nodes or blocks."""
    graph, nodes = graph_of(net, model)
    wanted = {path: nodes[net.nodes[index].path] for path, index in net.resolve(paths).items()}
    output = next(node for node in graph.nodes if node.op == "output")
    with graph.inserting_before(output):
        graph.output(wanted)
    graph.erase_node(output)
    module = fx.GraphModule(model, graph)
    module.graph.eliminate_dead_code()
    module.delete_all_unused_submodules()
    module.recompile()
    return module.train(model.training)


def observe(net: Net, model: nn.Module, x: torch.Tensor) -> dict[str, torch.Tensor]:
    """The output of every node that can be seen: all of a built module, the modules of the same name of another.

    A built module whose forward was changed is another one.
    """
    if is_built(model):
        with suppress(SpecError, fx.proxy.TraceError):
            recorder = _Recorder(net, model, len(x))
            recorder.run(x)
            return recorder.results
    seen: dict[str, list[torch.Tensor]] = {}
    known = dict(model.named_modules())

    def watch(path: str) -> Any:
        # A clone, because a later in-place activation would overwrite what was seen.
        return known[path].register_forward_hook(lambda m, i, output: seen.setdefault(path, []).append(output.clone()))

    handles = [watch(node.path) for node in net.nodes if node.path in known]
    try:
        model(x)
    finally:
        for handle in handles:
            handle.remove()
    # One that runs several times, as torchvision's `relu` does, is several nodes of ours: which, cannot be told.
    return {path: _as_node(net, path, values[0]) for path, values in seen.items() if len(values) == 1}


@contextmanager
def shared_variances(net: Net, model: nn.Module) -> Iterator[dict[str, list[tuple[int, Array]]]]:
    """For each running variance that several calls update: (number of values, biased variance) of each call."""
    modules, found = dict(model.named_modules()), dict[str, list[tuple[int, Array]]]()
    owners = {node.owner for node in net.nodes if node.owner and f"{node.owner}.running_var" in node.weights()}

    def watch(owner: str) -> Any:
        calls = found.setdefault(f"{owner}.running_var", [])

        def keep(module: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
            x = inputs[0].detach()
            variance = x.var([axis for axis in range(x.ndim) if axis != 1], correction=0)
            calls.append((x.numel() // x.shape[1], variance.cpu().numpy()))

        return modules[owner].register_forward_pre_hook(keep)

    handles = [watch(owner) for owner in sorted(owners) if owner in modules]
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()


def _as_node(net: Net, path: str, value: torch.Tensor) -> torch.Tensor:
    """A pooled map (N, C, 1, 1) as the vector (N, C) that it is in our trace."""
    pooled = value.ndim == 4 and value.shape[2:] == (1, 1) and len(net.node(path).shape) == 1
    return value.flatten(1) if pooled else value


class _Recorder(fx.Interpreter):
    """Run a built module as it stands and keep the result of every node."""

    def __init__(self, net: Net, model: nn.Module, batch: int) -> None:
        graph, nodes = graph_of(net, model)
        super().__init__(fx.GraphModule(model, graph), garbage_collect_values=False)
        self.net, self.batch = net, batch
        self.paths: dict[str, list[str]] = {}
        for path, node in nodes.items():
            self.paths.setdefault(node.name, []).append(path)
        self.results: dict[str, torch.Tensor] = {}

    def run_node(self, n: fx.Node) -> Any:
        value = super().run_node(n)
        for path in self.paths.get(n.name, []):
            # What depends on no image has no batch axis; the next node may write over any value.
            alone = value.ndim == len(self.net.node(path).shape)
            self.results[path] = (value.expand(self.batch, *value.shape) if alone else value).clone()
        return value
