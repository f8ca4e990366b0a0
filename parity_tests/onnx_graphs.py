"""ONNX models by hand, and what onnx's own evaluator makes of them, for the tests of reading them."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from torch import nn

Array = np.ndarray[Any, Any]
DOUBLE = TensorProto.DOUBLE


def graph(
    nodes: Sequence[Any],
    weights: Mapping[str, Array],
    shape: Sequence[Any] = ("n", 3, 8, 6),
    outputs: Sequence[str] = ("y",),
    opset: int = 21,
    kind: int = DOUBLE,
    inputs: Sequence[str] = ("x",),
    domain: str = "",
) -> onnx.ModelProto:
    """A model of nodes; its input is x, its output y."""
    given = [helper.make_tensor_value_info(name, kind, list(shape)) for name in inputs]
    answers = [helper.make_tensor_value_info(name, kind, None) for name in outputs]
    tensors = [numpy_helper.from_array(array, name) for name, array in weights.items()]
    made = helper.make_graph(list(nodes), "by_hand", given, answers, tensors)
    versions = [helper.make_opsetid("", opset)] + ([helper.make_opsetid(domain, 1)] if domain else [])
    return helper.make_model(made, opset_imports=versions, ir_version=10)


def saved(model: onnx.ModelProto, folder: Path) -> Path:
    """The file of a model."""
    path = folder / "model.onnx"
    path.write_bytes(model.SerializeToString())
    return path


def evaluated(model: onnx.ModelProto, images: Array) -> list[Array]:
    """What onnx's evaluator answers."""
    return [np.asarray(item) for item in ReferenceEvaluator(model).run(None, {model.graph.input[0].name: images})]


def exported(module: nn.Module, path: Path, opset: int, size: tuple[int, int], today: bool = False) -> Path:
    """The file that PyTorch's exporter of TorchScript, or that of today, makes of a module in float64."""
    images = torch.zeros(1, 3, *size, dtype=torch.float64)
    axes = {0: "batch", 2: "height", 3: "width"}
    with contextlib.redirect_stdout(io.StringIO()):
        if today:
            free = dict.fromkeys(axes, torch.export.Dim.DYNAMIC)
            torch.onnx.export(
                module, (images,), path, dynamo=True, opset_version=opset, external_data=False, dynamic_shapes=(free,)
            )
            return path
        torch.onnx.export(
            module, (images,), path, dynamo=False, opset_version=opset, input_names=["x"], dynamic_axes={"x": axes}
        )
    return path
