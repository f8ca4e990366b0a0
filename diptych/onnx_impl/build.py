"""Write a network and its weights as an ONNX model, with the onnx package alone.

Height and width are free where the graph is the same at four sizes, and not by a rule per op: what an op forgets to
say cannot slip through.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .. import __version__
from ..common.errors import DiptychError, FileError
from ..common.onnx_graph import Body, Field, Graph, Operator
from ..common.spec import Array, Net, Node
from ..common.text import printable
from ..files import provenance
from ..files.proto import LIMIT
from .runtimes import runs
from .tail import Tail

OLDEST, NEWEST = 22, 27
"""The versions of ONNX's operators (opsets) in which the graph means the same; ONNX Runtime 1.32 runs the newest."""
SAID = "diptych"
"""The key of the metadata that says which network a model is."""


def model(
    graph: Graph,
    weights: Mapping[str, Array] | None,
    *,
    dynamic: bool = False,
    observed: bool = False,
    opset: int | None = None,
    record: Mapping[str, Any] | None = None,
    tail: Tail | None = None,
    said: Mapping[str, str] | None = None,
) -> Any:
    """The ModelProto of a graph, whose initialisers are these weights under their canonical names.

    Its input is (batch, C, H, W), with any height and width where `dynamic`; its outputs are named after their nodes,
    and with `observed` every node's value is one. With a `tail` behind the network its outputs are those of the tail
    instead; `said` is more of the model's metadata. Without weights they are inputs of the model, which onnx's checker
    and its shape inference then look at without gigabytes to move. Raises DiptychError for an opset that the graph is
    not written for, and FileError where the model is larger than a protocol buffer can be.
    """
    from onnx import helper

    net, element = graph.net, helper.np_dtype_to_tensor_dtype(np.dtype(graph.dtype))
    channels, height, width = map(int, net.input_shape)
    shape: list[int | str | None] = ["batch", channels, "height" if dynamic else height, "width" if dynamic else width]
    inputs = [helper.make_tensor_value_info(net.nodes[0].path, element, shape)]
    arrays = {name: np.asarray(weights[name], graph.dtype) for name in net.weights} if weights is not None else {}
    _check_size(net, arrays)
    if weights is None:
        sizes = {name: tuple(map(int, weight.shape)) for name, weight in net.weights.items()}
        inputs += [helper.make_tensor_value_info(name, element, size) for name, size in sizes.items()]
    paths = graph.outputs
    if observed:
        paths += [name for name in dict.fromkeys(graph.values[1:]) if name not in {*paths, net.nodes[0].path}]
    nodes = dict(zip(graph.values, net.nodes, strict=True))
    nodes |= {name: net.nodes[index] for name, index in zip(graph.outputs, net.outputs, strict=True)}
    outputs = [helper.make_tensor_value_info(path, element, _shape(nodes[path], dynamic)) for path in paths]
    if tail:
        outputs = [value_info(value) for value in tail.outputs]
    tensors = [_tensor(name, array) for name, array in arrays.items()]
    operators = [_node(operator) for operator in (*graph.operators, *(tail.operators if tail else ()))]
    proto = helper.make_graph(operators, net.name, inputs, outputs, tensors, doc_string=printable(net.title))
    versions = [helper.make_opsetid("", _opset(opset))]
    made = helper.make_model(proto, opset_imports=versions, ir_version=helper.find_min_ir_version_for(versions),
                             producer_name=SAID, producer_version=__version__)  # fmt: skip
    helper.set_model_props(made, {SAID: provenance.dumps(net, {}, record), **(said or {})})
    return made


def infer_shapes(made: Any, where: str) -> Any:
    """A model without its weights, with the shape of every value as onnx infers it.

    Raises DiptychError for a model that onnx's checker, or its strict inference of shapes, does not accept.
    """
    import onnx

    try:
        onnx.checker.check_model(made, full_check=True)
        return onnx.shape_inference.infer_shapes(made, check_type=True, strict_mode=True, data_prop=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise DiptychError(f"{where}: onnx's checker says {str(error)[:300]}; please report it") from None


def shapes(model_: Any) -> dict[str, tuple[int | str, ...]]:
    """The shape of every value that an inferred model states; "" stands for a length that is not known."""
    values = [*model_.graph.input, *model_.graph.value_info, *model_.graph.output]
    return {value.name: tuple(map(_length, value.type.tensor_type.shape.dim)) for value in values}


def write(path: Path, made: Any, like: Any) -> None:
    """Write a model that states the shapes inferred for `like`; raises DiptychError if onnx's checker refuses it."""
    import onnx

    made.graph.value_info.extend(like.graph.value_info)
    path.write_bytes(made.SerializeToString())
    try:
        onnx.checker.check_model(str(path))
    except onnx.checker.ValidationError as error:
        raise DiptychError(f"{path}: onnx's checker says {str(error)[:300]}; please report it") from None


def provenance_of(made: Any, path: Path) -> provenance.Provenance:
    """What a model says about its network, if diptych wrote it."""
    said = {entry.key: entry.value for entry in made.metadata_props}
    return provenance.loads(said[SAID], path) if SAID in said else provenance.Provenance()


def has_format(opset: int) -> bool:
    """Whether the installed onnx has a format of files for an opset; 1.22 has operators of one that it has none for."""
    from onnx import helper

    try:
        helper.find_min_ir_version_for([helper.make_opsetid("", opset)])
    except ValueError:
        return False
    return True


def _opset(wanted: int | None) -> int:
    import onnx

    most = min(NEWEST, onnx.defs.onnx_opset_version())
    newest = next((opset for opset in range(most, OLDEST, -1) if has_format(opset)), OLDEST)
    if wanted is not None and not OLDEST <= wanted <= newest:
        raise DiptychError(f"the graphs are written for opset {OLDEST} to {newest}, not {wanted}")
    return wanted or next((opset for opset in range(newest, OLDEST, -1) if runs(opset)), OLDEST)


def _check_size(net: Net, arrays: Mapping[str, Array]) -> None:
    size = sum(array.nbytes for array in arrays.values())
    if size > LIMIT - (1 << 24):
        raise FileError(f"{net.name} has {size} bytes of weights, and an ONNX file ends at 2 GB; take float32")


def _shape(node: Node, dynamic: bool) -> list[int | str | None]:
    channels, *sizes = map(int, node.shape)
    return ["batch", channels, *([None] * len(sizes) if dynamic else sizes)]


def _length(dimension: Any) -> int | str:
    return int(dimension.dim_value) if dimension.HasField("dim_value") else str(dimension.dim_param)


def _node(operator: Operator) -> Any:
    from onnx import helper

    attributes = {key: _attribute(operator, value) for key, value in operator.attributes.items()}
    if operator.tensor is not None:
        attributes["value"] = _tensor("", operator.tensor)
    outputs = [operator.output, *operator.more]
    return helper.make_node(operator.kind, operator.inputs, outputs, operator.name, **attributes)


def _attribute(operator: Operator, value: Any) -> Any:
    from onnx import helper

    if isinstance(value, Body):
        nodes, inputs, outputs = (
            map(_node, value.operators),
            map(value_info, value.inputs),
            map(value_info, value.outputs),
        )
        return helper.make_graph(list(nodes), f"{operator.name}.body", list(inputs), list(outputs))
    return list(value) if isinstance(value, tuple) else value


def value_info(value: Field) -> Any:
    """What onnx's graphs say of a value: its name, type and shape."""
    from onnx import helper

    return helper.make_tensor_value_info(
        value.name, helper.np_dtype_to_tensor_dtype(np.dtype(value.dtype)), list(value.shape)
    )


def _tensor(name: str, array: Array) -> Any:
    from onnx import numpy_helper

    return numpy_helper.from_array(np.asarray(array, order="C"), name)


def check_shapes(net: Net, graph: Graph, found: Mapping[str, tuple[int | str, ...]], free: bool = False) -> None:
    """Hold what onnx infers to the spec, node by node; heights and widths only where they are given.

    Raises DiptychError naming the first node whose shape differs.
    """
    for node, name in zip(net.nodes, graph.values, strict=True):
        wanted = tuple(map(int, node.shape))
        got = found[name][1 : 2 if free else None]
        if got != (wanted[:1] if free else wanted):
            raise DiptychError(f"{net.name}: onnx infers {got} for {node.path}, expected {wanted}; please report it")
