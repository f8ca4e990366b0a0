"""The emitted PyTorch file of a network: it needs torch alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from ..common.emission.language import Language
from ..common.emission.source import Source, emit
from ..common.lowering import Lowering, Make
from ..common.spec import Net, Node
from .inplace import overwriting, written_over
from .ops import lower_symbolic

BUILDING = (
    "# PyTorch's layers are told how many channels come in, and have their weights at once;",
    "# Keras's make theirs when they first see a shape.",
)


def _entry(name: str, made: str) -> str:
    return f'add_module("{name}", {made})'


def _joined(steps: tuple[Make, ...]) -> str:
    """A layer after what prepares its input, which keeps its name in the state dict: PyTorch has no need of any."""
    raise NotImplementedError(f"no PyTorch form takes several layers, not {steps}")


def _method(inputs: list[str], several: bool) -> str:
    result = "tuple[torch.Tensor, ...]" if several else "torch.Tensor"
    return f"forward(self, {', '.join(f'{name}: torch.Tensor' for name in inputs)}) -> {result}"


LANGUAGE = Language(
    title="PyTorch",
    twin="Keras",
    lower=lower_symbolic,
    module="nn.Module",
    root="nn.Module",
    sequence="nn.Sequential",
    listed="nn.Sequential(*{})",
    inline="nn.Sequential({})",
    several="nn.ModuleList([{}])",
    entry=_entry,
    joined=_joined,
    lifted="{}",
    method=_method,
    building=BUILDING,
    imports=(("import torch", ("torch",)), ("from torch import nn", ("nn",))),
    helpers=Path(__file__).parent / "helpers",
)


def source(net: Net, also: Iterable[str] = ()) -> Source:
    """PyTorch source of the network: classes of its blocks with a `forward`, state-dict names as the canonical ones."""
    return emit(net, LANGUAGE, also)


def source_in_place(net: Net) -> Source:
    """The same classes, with activations and sums that write over what nothing else reads."""
    places = overwriting(net)

    def lower(node: Node) -> Lowering:
        plain = lower_symbolic(node)
        return written_over(plain, places[node.path]) if node.path in places else plain

    return emit(net, replace(LANGUAGE, lower=lower))
