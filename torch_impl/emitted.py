"""The emitted PyTorch file of a network, run as its reader would run it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import nn

from ..common.emission.source import Source
from ..common.emission.wall import check_source
from ..common.spec import Array, Net
from .build import DTYPES
from .source import LANGUAGE
from .state import write


def model(net: Net, source: Source, weights: Mapping[str, Array], dtype: str) -> nn.Module:
    """The module that the class of an emitted file makes, with canonical weights; the wall stands first."""
    check_source(source.text, net, LANGUAGE)
    space: dict[str, Any] = {"__name__": "emitted"}
    exec(compile(source.text, f"<emitted {net.name}>", "exec"), space)  # noqa: S102 - what this package writes
    made: nn.Module = space[source.root]().to(DTYPES[dtype])
    write(made, net, {name: np.array(weights[name], dtype, order="C") for name in net.weights})
    with torch.no_grad():
        return made.eval()
