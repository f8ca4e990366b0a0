"""A program for deployment: torch.export's .pt2, which runs where the module's class is unknown."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import torch
from torch import nn

from ..common.backend import in_order
from ..common.spec import Array, Net
from ..files.guarded import guarded

SUFFIXES = (".pt2",)


def save(model: nn.Module, net: Net, path: Path) -> None:
    """Write the module as a program for batches of any length, of images of the network's own size."""
    example = torch.zeros((2, *map(int, net.input_shape)), dtype=next(model.parameters()).dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what torch.export itself calls
        program = torch.export.export(model, (example,), dynamic_shapes=({0: torch.export.Dim("batch")},))
        with guarded(path) as file:
            torch.export.save(program, file)


def run(path: Path, net: Net, x: Array) -> tuple[Array, ...]:
    """The outputs of a written program for a batch (N, C, H, W) in float32."""
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        found = torch.export.load(str(path)).module()(torch.from_numpy(np.ascontiguousarray(x)))
    return tuple(value.numpy() for value in in_order(net, found))
