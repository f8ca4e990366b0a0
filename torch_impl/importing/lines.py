"""Where in somebody's code a node of a graph of torch.export comes from."""

from __future__ import annotations

import os
import re
from pathlib import Path

import torch
from torch.fx import Node

from ...common.importing.lines import line_text

FRAME = re.compile(r'File "(.+)", line (\d+), in ')
OTHERS = tuple(f"{folder}{os.sep}" for folder in (Path(torch.__file__).parent, Path(__file__).parents[2]))
"""The folders of PyTorch and of diptych, whose code is not the model's own."""


def line_of(node: Node) -> str:
    """The innermost line of the model's own code, whatever package that is in; "" where none is known."""
    frames = FRAME.findall(node.meta.get("stack_trace") or "")
    own = [frame for frame in frames if not frame[0].startswith(OTHERS)]
    if not own:
        return ""
    return line_text(own[-1][0], int(own[-1][1]))
