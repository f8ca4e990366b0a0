"""Where in somebody's code a node of a graph of torch.export comes from."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.fx import Node
from torch.fx.proxy import TracerBase

from ...common.importing.lines import DIPTYCH, folders, line_text

FRAME = re.compile(r'File "(.+)", line (\d+), in ')
OTHERS = (*folders(torch.__file__), DIPTYCH)
"""The folders of PyTorch and of diptych, whose code is not the model's own."""
FILTER = "_filter_traceback_frames"


def line_of(node: Node) -> str:
    """The innermost line of the model's own code, whatever package that is in; "" where none is known."""
    frames = FRAME.findall(node.meta.get("stack_trace") or "")
    own = [frame for frame in frames if not frame[0].startswith(OTHERS)]
    return line_text(own[-1][0], int(own[-1][1])) if own else ""


@contextmanager
def all_frames(caller: str) -> Iterator[None]:
    """Let nodes keep all frames inside of the last one in this file: PyTorch keeps those named `forward` alone."""
    before = vars(TracerBase).get(FILTER)
    if before is None:  # another release, which keeps what it keeps
        yield
        return

    def inside(self: Any, frames: traceback.StackSummary) -> traceback.StackSummary:
        last = max((at for at, frame in enumerate(frames) if frame.filename == caller), default=-1)
        return traceback.StackSummary.from_list(frames[last + 1 :])

    setattr(TracerBase, FILTER, inside)
    try:
        yield
    finally:
        setattr(TracerBase, FILTER, before)
