"""ONNX models by onnx's own `numpy_helper`, their data beside them by NumPy's memory map."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ...common.spec import Array
from .. import onnx_data
from . import Again, Key, Lazy


def read(path: Path) -> Again:
    """The initialisers and constants of the main graph by name."""
    import onnx

    model = onnx.load(str(path), load_external_data=False)
    tensors: dict[Key, Any] = {(tensor.name,): tensor for tensor in model.graph.initializer}
    for node in model.graph.node:
        for attribute in node.attribute if node.op_type == "Constant" and node.output else ():
            if attribute.name == "value":
                tensors[(node.output[0],)] = attribute.t
            elif attribute.name == "value_floats":
                tensors[(node.output[0],)] = onnx.numpy_helper.from_array(np.array(attribute.floats, np.float32))
    return Again(Lazy(tensors, lambda key: _array(tensors[key], path)), f"onnx.numpy_helper of onnx {onnx.__version__}")


def _array(tensor: Any, path: Path) -> Array:
    from onnx import external_data_helper, helper, numpy_helper

    if not external_data_helper.uses_external_data(tensor):
        return numpy_helper.to_array(tensor)
    dtype = helper.tensor_dtype_to_np_dtype(tensor.data_type)
    file, _ = onnx_data.place(tensor, dtype, path)  # only what may be opened
    said = external_data_helper.ExternalDataInfo(tensor)
    if not file.stat().st_size:
        return np.zeros(tuple(tensor.dims), dtype)
    mapped = np.memmap(file, np.uint8, "r")
    start = int(said.offset or 0)
    data = mapped[start : start + (int(said.length) if said.length else dtype.itemsize * int(np.prod(tensor.dims)))]
    return np.array(data).view(dtype).reshape(tuple(tensor.dims))
