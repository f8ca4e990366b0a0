"""From a network to the graph of its functional model: each layer is made and called once, under the name of its node.

`Kit` has what makes layers: Keras's own, for a model, or what stands for them where the model is only written down
(`files/keras_archive`). So both come from one description.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..common.errors import SpecError
from ..common.lowering import Lowering, Make
from ..common.spec import Net, Node
from .ops import lower


@dataclass(frozen=True)
class Kit:
    """The classes `Layer` and `Identity`, the function `Input`, and how a step is found by its name.

    `call` calls a new layer, which has the weights of a node.
    """

    layer: type
    identity: Callable[..., Any]
    input: Callable[..., Any]
    resolve: Callable[[Make, Lowering], Any]
    call: Callable[[Any, Any, Node, Lowering], Any]


def graph(net: Net, dtype: str, kit: Kit) -> list[Any]:
    """The symbolic tensor of every node, in order; the layer that ends a node bears its path as its name."""
    channels, height, width = net.input_shape
    tensors: list[Any] = [kit.input((height, width, channels), dtype=dtype, name="input")]
    shared: dict[str, Any] = {}
    for node in net.nodes[1:]:
        inputs = [tensors[index] for index in node.inputs] or tensors[:1]  # a parameter has the batch of the image
        tensors.append(_applied(node, lower(node), inputs, dtype, shared, kit))
        _rename(node, tensors[-1], {id(value) for value in inputs}, kit)
    return tensors


def outputs(net: Net, tensors: list[Any]) -> Any:
    """What the model answers with: one tensor, several, or several by name."""
    found = [tensors[index] for index in net.outputs]
    if net.output_names:
        return dict(zip(net.output_names, found, strict=True))
    return found[0] if net.root.returns == "value" else found


def model_name(net: Net) -> str:
    """The name of the model of a network."""
    return net.name.replace(".", "_")


def step_name(node: Node, step: Make, number: int) -> str:
    """The name of a layer that prepares a node."""
    return f"{node.path}.{'pad' if step.target == 'layers.ZeroPadding2D' else f'step{number}'}"


def _rename(node: Node, result: Any, inputs: set[int], kit: Kit) -> None:
    """Name the keras.ops of a node after it: Keras's own counters run on from model to model and may take its name."""
    operation, place, _ = result._keras_history
    for value in operation._inbound_nodes[place].input_tensors:
        if id(value) in inputs:
            continue
        inner = value._keras_history.operation
        if not isinstance(inner, kit.layer) and not inner.name.startswith(f"{node.path}."):
            inner.name = f"{node.path}.{inner.name}"
        _rename(node, value, inputs, kit)


def _applied(node: Node, lowering: Lowering, inputs: list[Any], dtype: str, shared: dict[str, Any], kit: Kit) -> Any:
    """Apply the steps of a node; the last layer step is named after the node, or an Identity after the last step."""
    value = inputs[0] if len(inputs) == 1 else inputs
    *before, last = lowering.steps
    for number, step in enumerate(before):
        value = _step(step, lowering, value, {"name": step_name(node, step, number), "dtype": dtype}, kit)
    if node.owner and not last.layer:
        raise SpecError(f"{node.path}: the Keras twin of {node.kind} cannot share its weights")
    if last.layer and node.owner:
        return kit.identity(name=node.path, dtype=dtype)(shared[node.owner](value))
    if last.layer:
        shared[node.path] = kit.resolve(last, lowering)(*last.args, **last.kwargs, name=node.path, dtype=dtype)
        return kit.call(shared[node.path], value, node, lowering)
    extra = {"name": lowering.holder(node.path, lowering.slots[0]), "dtype": dtype} if lowering.slots else {}
    return kit.identity(name=node.path, dtype=dtype)(_step(last, lowering, value, {}, kit, **extra))


def _step(step: Make, lowering: Lowering, value: Any, naming: Mapping[str, str], kit: Kit, **extra: str) -> Any:
    target = kit.resolve(step, lowering)
    values = value if isinstance(value, list) else [value]
    if step.layer:
        return target(*step.args, **step.kwargs, **naming)(value)
    if isinstance(target, type):
        # Its `call` alone, so that the model holds the keras.ops in it and its file loads without this class.
        return target(*step.args, **step.kwargs).call(*values)
    return target(*values, *step.args, **step.kwargs, **extra)
