"""The file beside an ONNX model that its weights may lie in: PyTorch's exporter always makes one.

Only a regular file named after the model is opened, whatever the model says: a model does not choose which file is
read.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from ..common.errors import FileError
from ..common.spec import Array
from .shapes import is_possible, shown

ENDINGS = (".data", "_data")
"""What PyTorch's exporter, and Optimum's, put after the name of the model."""


def beside(path: Path) -> list[Path]:
    """The files of weights that belong to a path, if it is a model's and there are any; no links."""
    found = [path.with_name(path.name + ending) for ending in ENDINGS if path.name.lower().endswith(".onnx")]
    return [item for item in found if item.is_file() and not item.is_symlink()]


def is_outside(tensor: Any) -> bool:
    """Whether a tensor says that its numbers are not in the model itself."""
    import onnx

    return bool(tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data)


def array(tensor: Any, dtype: np.dtype[Any], path: Path) -> Array:
    """The numbers of a tensor of the model at `path`; raises FileError where `place` does."""
    file, start = place(tensor, dtype, path)
    try:
        flat = np.fromfile(file, dtype.newbyteorder("<"), math.prod(tensor.dims), offset=start)
    except OSError as error:
        raise FileError(f"{path}: {tensor.name}: cannot read {file}: {error.strerror or error}") from None
    return flat.reshape(tuple(tensor.dims))


def place(tensor: Any, dtype: np.dtype[Any], path: Path) -> tuple[Path, int]:
    """(file, first byte) of the numbers of a tensor of the model at `path`.

    Raises FileError where that file is not the model's own, or not long enough.
    """
    where, said = f"{path}: {tensor.name}", {entry.key: entry.value for entry in tensor.external_data}
    name, need = said.get("location", ""), math.prod(tensor.dims) * dtype.itemsize
    if name.removeprefix("./") not in [path.name + ending for ending in ENDINGS]:
        raise FileError(
            f"{where} keeps its data in {name[:200]!r}; beside a model, only {path.name}.data is opened; save the "
            "model in one file, or under the name that it was exported with"
        )
    file = path.with_name(name.removeprefix("./"))
    if file not in beside(path):
        raise FileError(f"{where} keeps its data in {file}, which is not there, or is a link; copy it beside the model")
    try:
        start, length = int(said.get("offset", "0")), int(said.get("length", str(need)))
    except ValueError:
        raise FileError(
            f"{where} has no number for where its data begins, or how long it is; export it again"
        ) from None
    if tensor.HasField("raw_data"):
        raise FileError(f"{where} has data in the model, too; export it again")
    if start < 0 or length != need or not is_possible(list(tensor.dims)):
        raise FileError(f"{where} is not whole: its shape {shown(tensor.dims)} needs {need} bytes, it has {length}")
    if start + need > (size := file.stat().st_size):
        raise FileError(
            f"{where} is not whole: it needs bytes {start} to {start + need} of {file.name}, which has {size}; copy or "
            "export both again"
        )
    return file, start
