"""safetensors files: names, arrays, and text beside them that says which network they belong to."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ..common.spec import Array
from . import provenance, safetensors_header
from .checkpoint import native, split_counters
from .content import Content
from .format import Format
from .tensors import Tensors

NETWORK, OPTIONS, RECORD = "diptych.network", "diptych.options", "diptych.conversion"


def read(path: Path) -> Tensors:
    """The checkpoint in a safetensors file; raises FileError where it is not a whole one."""
    entries, metadata = safetensors_header.entries(path)
    with path.open("rb") as file:
        found = {name: _array(file, entry) for name, entry in entries.items()}
    arrays, extras, notes = split_counters(found)
    return Tensors(path, "safetensors", arrays, extras=extras, stated=_provenance(path, metadata), notes=notes)


def _array(file: BinaryIO, entry: safetensors_header.Entry) -> Array:
    file.seek(entry.start)
    flat = np.fromfile(file, entry.dtype, math.prod(entry.shape))
    return native(flat.reshape(entry.shape))


def write(path: Path, content: Content) -> None:
    """Write a state dict, with the network's name, its options and the record of the conversion as metadata."""
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    tensors: dict[str, Any] = {name: np.asarray(array, order="C") for name, array in content.tensors().items()}
    said = {NETWORK: content.net.name, OPTIONS: json.dumps(dict(content.net.options))}
    said |= {RECORD: json.dumps(content.record)} if content.record else {}
    try:
        save_file(tensors, str(path), said)
    except SafetensorError as error:
        raise OSError(str(error)) from None


def _provenance(path: Path, metadata: Mapping[str, str]) -> provenance.Provenance:
    if NETWORK not in metadata:
        return provenance.Provenance()
    network, options, record = json.dumps(metadata[NETWORK]), metadata.get(OPTIONS, "{}"), metadata.get(RECORD, "{}")
    said = f'"network": {network}, "options": {options}, "conversion": {record}'
    return provenance.loads(f'{{"diptych": {provenance.VERSION}, {said}}}', path)


def fits(path: Path, head: bytes) -> bool:
    """Whether a file begins with a length and a JSON text, as safetensors does."""
    return head[8:9] == b"{" and int.from_bytes(head[:8], "little") < 1 << 32


FORMAT = Format("safetensors", "torch", "safetensors", read, write, suffixes=(".safetensors",), fits=fits)
