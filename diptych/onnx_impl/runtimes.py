"""Run ONNX models: by ONNX Runtime, and by the reference evaluator of the onnx package."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ..common.errors import DiptychError
from ..common.spec import Array

TOO_NEW = ("Unsupported model IR version", "Current official support for domain")
"""What ONNX Runtime says of a model that is newer than itself."""
QUIET = 4
"""ONNX Runtime's level of messages at which only what ends the process is told: its errors are raised, too."""


def run(model: Any | Path, names: Sequence[str], x: Array) -> list[Array] | str:
    """The named outputs by ONNX Runtime on the CPU; why it cannot where it has no kernels, or is not installed.

    `model` is a ModelProto or the path of a file.
    """
    session = open_session(model)
    return session if isinstance(session, str) else _for_each(session.run(list(names), {"input": x}), x)


def open_session(model: Any | Path, threads: int | None = None) -> Any | str:
    """An InferenceSession of a ModelProto or a file; or why there is none."""
    try:
        import onnxruntime
    except ModuleNotFoundError:
        return "ONNX Runtime is not installed (pip install 'diptych[onnx]')"
    options = onnxruntime.SessionOptions()
    options.log_severity_level = QUIET
    if threads is not None:
        options.intra_op_num_threads = threads
    source = str(model) if isinstance(model, Path) else model.SerializeToString()
    try:
        return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001  its classes are those of a compiled module, and differ by version
        if "NOT_IMPLEMENTED" in str(error):
            kind = str(error).partition("implementation for ")[2].partition("(")[0]
            return f"ONNX Runtime has no kernel of {kind or 'an operator'} in this precision"
        if any(text in str(error) for text in TOO_NEW):
            own = f"ONNX Runtime {onnxruntime.__version__}"
            raise DiptychError(
                f"{own} is older than the opset of the model; ask for an older opset, or update it"
            ) from None
        raise DiptychError(f"ONNX Runtime does not take the model: {str(error)[:300]}; please report it") from None


@cache
def runs(opset: int) -> bool:
    """Whether the ONNX Runtime that is installed takes models of an opset, in the format that the opset needs.

    onnx is often newer. True where none is installed, for then nothing is known.
    """
    from onnx import helper

    value = [helper.make_tensor_value_info(name, 1, [1]) for name in ("input", "output")]
    graph = helper.make_graph([helper.make_node("Relu", ["input"], ["output"])], "probe", value[:1], value[1:])
    versions = [helper.make_opsetid("", opset)]
    ir = helper.find_min_ir_version_for(versions)
    try:
        open_session(helper.make_model(graph, opset_imports=versions, ir_version=ir))
    except DiptychError:
        return False
    return True


def evaluate(model: Any | Path, names: Sequence[str], x: Array) -> list[Array]:
    """The named outputs by onnx's reference evaluator, which is NumPy and slow: for small inputs."""
    from onnx.reference import ReferenceEvaluator

    from .evaluator import CORRECTED_OPS

    source = str(model) if isinstance(model, Path) else model
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its sigmoid overflows on the way to a right answer
        return _for_each(ReferenceEvaluator(source, new_ops=CORRECTED_OPS).run(list(names), {"input": x}), x)


def _for_each(values: Any, x: Array) -> list[Array]:
    """Values with the batch axis of the images: what depends on none of them has one of length 1."""
    arrays = map(np.asarray, values)
    return [np.broadcast_to(y, (len(x), *y.shape[1:])) if len(y) == 1 else y for y in arrays]
