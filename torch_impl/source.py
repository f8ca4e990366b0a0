"""The emitted PyTorch file of a network: it needs torch alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..common.emission.expressions import list_of
from ..common.emission.language import Language
from ..common.emission.program import Comment
from ..common.emission.source import Source, emit
from ..common.lowering import Attribute, Function, Item, Lowering, Make, Name
from ..common.spec import Net, Node
from .inplace import overwriting, written_over
from .ops import lower_symbolic

TENSOR = Attribute(Name("torch"), "Tensor")
TYPES = {
    "value": TENSOR,
    "list": Item(Name("list"), TENSOR),
    "tuple": Item(Name("tuple"), (TENSOR, ...)),
    "dict": Item(Name("dict"), (Name("str"), TENSOR)),
    "number": Name("int"),
}


def _chain(layers: Sequence[Any]) -> Function:
    return Function("nn.Sequential", tuple(layers))


def _several(layers: Sequence[Any]) -> Function:
    return Function("nn.ModuleList", (list_of(layers),) if layers else ())


def _element(chain: Any, name: str, place: int) -> Any:
    return Attribute(chain, name) if name.isidentifier() else Item(chain, place)


def _named(layers: dict[str, Any]) -> Function:
    return Function("nn.ModuleDict", (layers,) if layers else ())


def _entry(target: Any, name: str, layer: Any) -> Function:
    return Function(Attribute(target, "add_module"), (name, layer))


def _joined(steps: tuple[Make, ...]) -> Make:
    """A layer after what prepares its input, which keeps its name in the state dict: PyTorch has no need of any."""
    raise NotImplementedError(f"no PyTorch lowering takes several layers, not {steps}")


def _lifted(expression: Any) -> Make:
    """A layer of an expression: PyTorch has one for each of its functions."""
    raise NotImplementedError(f"no PyTorch lowering is a function alone, not {expression}")


BUILDING = Comment(
    (
        "PyTorch's layers are told how many channels come in, and have their weights at once;",
        "Keras's make theirs when they first see a shape.",
    )
)


PARTLY = Comment(("Keras's twin says that it is built: the parts of later calls are built in those.",))

LANGUAGE = Language(
    title="PyTorch",
    twin="Keras",
    lower=lower_symbolic,
    module="nn.Module",
    root="nn.Module",
    sequence="nn.Sequential",
    chain=_chain,
    element=_element,
    several=_several,
    named=_named,
    entry=_entry,
    joined=_joined,
    lifted=_lifted,
    building=BUILDING,
    partly=PARTLY,
    method="forward",
    types=TYPES,
    imports=(("import torch", ("torch",)), ("from torch import nn", ("nn",))),
    helpers=Path(__file__).parent / "helpers",
    words=frozenset({"nn.ModuleList", "nn.ModuleDict", "torch.Tensor", "append", "add_module"}),
)


def source(net: Net, also: Iterable[str] = ()) -> Source:
    """PyTorch source of the network: classes of its blocks with a `forward`, state-dict names as the canonical ones."""
    return emit(net, LANGUAGE, also)


def language_in_place(net: Net) -> Language:
    """The same words, with activations and sums that write over what nothing else reads."""
    places = overwriting(net)

    def lower(node: Node) -> Lowering:
        plain = lower_symbolic(node)
        return written_over(plain, places[node.path]) if node.path in places else plain

    return replace(LANGUAGE, lower=lower)


def source_in_place(net: Net) -> Source:
    """The same classes in those words."""
    return emit(net, language_in_place(net))
