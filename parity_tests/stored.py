"""Files of weights as the kind of checkpoint that they must be."""

from __future__ import annotations

from pathlib import Path

from diptych.files import read
from diptych.files.layers import Layers
from diptych.files.tensors import Tensors


def tensors(path: Path) -> Tensors:
    """The checkpoint in a file of tensors with names."""
    found = read(path)
    assert isinstance(found, Tensors)
    return found


def layers(path: Path) -> Layers:
    """The checkpoint in a file of Keras layers."""
    found = read(path)
    assert isinstance(found, Layers)
    return found
