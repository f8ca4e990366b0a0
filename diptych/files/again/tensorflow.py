"""TensorFlow's files: checkpoints by TensorFlow's own reader, the constants of graphs by the bytes of their protos."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ...common.spec import Array
from .. import tf_file, tf_graph
from . import Again, Key, Lazy

NUMBERS: dict[int, tuple[str, str]] = {1: ("<f4", "float_val"), 2: ("<f8", "double_val"), 19: ("<f2", "half_val")}
"""Type in a proto -> dtype, and the list that has its numbers where they are not bytes."""


def read(path: Path) -> Again:
    """The variables or constants of a folder, a prefix or a file, by key or by node."""
    import tensorflow as tf

    prefix, graph = tf_file.parts(path)
    if prefix is None:
        nodes: dict[Key, Any] = {(node.name,): node for node in tf_graph.graph_of(graph).node if node.op == "Const"}
        return Again(Lazy(nodes, lambda key: _constant(nodes[key])), "NumPy on the bytes of each constant")
    reader = tf.compat.v1.train.NewCheckpointReader(str(prefix))
    keys: dict[Key, None] = {(key,): None for key in reader.get_variable_to_shape_map()}
    return Again(Lazy(keys, lambda key: np.asarray(reader.get_tensor(key[0]))), f"TensorFlow {tf.__version__}")


def _constant(node: Any) -> Array:
    """The numbers of a constant, of which the last stands for those that are left out."""
    tensor = node.attr["value"].tensor
    kind, listed = NUMBERS[tensor.dtype]
    shape = tuple(dim.size for dim in tensor.tensor_shape.dim)
    if tensor.tensor_content:
        return np.frombuffer(tensor.tensor_content, kind).reshape(shape)
    given = getattr(tensor, listed)
    flat = np.array(given, np.uint16).view(kind) if listed == "half_val" else np.array(given, kind)
    count = int(np.prod(shape, dtype=np.int64))
    return np.concatenate([flat, np.repeat(flat[-1:], count - len(flat))]).reshape(shape)
