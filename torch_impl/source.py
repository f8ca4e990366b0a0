"""The emitted PyTorch file of a network: it needs torch alone."""

from __future__ import annotations

from ..common.source import Language, Source, emit
from ..common.spec import Net
from .ops import form

LANGUAGE = Language(
    form=form,
    module="nn.Module",
    sequence="nn.Sequential",
    brackets=("(", ")"),
    named=("(OrderedDict([", "]))", '("{name}", {text})'),
    method="forward",
    imports=(
        ("OrderedDict", "from collections import OrderedDict"),
        ("Any", "from typing import Any"),
        ("torch.", "import torch"),
        ("F.", "import torch.nn.functional as F"),
        ("nn.", "from torch import nn"),
    ),
)


def source(net: Net) -> Source:
    """PyTorch source of the network: classes of its blocks with a `forward`, state-dict names as the canonical ones."""
    return emit(net, LANGUAGE)
