"""What is read of a model: its Net, its weights, and what is to be said of them."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import DiptychError, WeightsError
from ..spec import Array, Net
from ..text import first_few, shape_text
from ..weights import Weights, checked
from .draft import Missing, Step
from .growing import running
from .net import nodes_of, traced
from .tidy import Steps
from .tree import relabelled

VERSIONS = "_metadata"
"""The attribute of a state dict that has the versions of its classes."""


@dataclass(frozen=True)
class StateDict:
    """The state dict of a module that was read: name -> the first name of the same tensor, of those that were read.

    `unread` are the others, such as counters and what no output depends on, as they stood; `tensor` makes one of the
    framework's tensors of an array. `versions` are those of its classes, as PyTorch keeps them beside a state dict: a
    module of torchvision (MNASNet) takes none without.
    """

    names: Mapping[str, str]
    unread: Mapping[str, Any]
    tensor: Callable[[Array], Any]
    versions: Any = None


@dataclass(frozen=True)
class Imported:
    """A model that was read: `net, weights = imported`.

    `renamed` goes from canonical names to the model's own where they differ, `reshaped` from canonical names to the
    shapes that the model's own weights have, and `notes` say what else is not as in the model. `module` is what is
    known of the state dict of a PyTorch module. `lines` go from the paths of nodes to the lines of the model's own
    code that they come from, or to the layers by name and class; no file has them.
    """

    net: Net
    weights: Weights
    renamed: Mapping[str, str] = field(default_factory=dict)
    reshaped: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    module: StateDict | None = field(default=None, repr=False, compare=False)
    lines: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    def __iter__(self) -> Iterator[Any]:
        return iter((self.net, self.weights))

    def state_dict(self, weights: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Weights by canonical names, such as trained ones, as tensors that the module's `load_state_dict` takes.

        Without weights they are those that were read. Raises DiptychError where no PyTorch module was read, and
        WeightsError for weights that do not fit, or that differ where the module has one tensor for two of them.
        """
        if self.module is None:
            raise DiptychError(f"{self.net.name} was not read from a PyTorch module, which alone has a state dict")
        theirs = self.own_arrays(weights)
        made = {name: self.module.tensor(theirs[own]) for name, own in self.module.names.items()}
        state = OrderedDict({**made, **self.module.unread})
        vars(state)[VERSIONS] = self.module.versions  # where load_state_dict looks for them
        return state

    def own_arrays(self, weights: Mapping[str, Any] | None = None) -> dict[str, Array]:
        """The same as arrays, each tensor under the first of its names; raises WeightsError as `state_dict` does."""
        theirs: dict[str, Array] = {}
        for name, array in checked(self.net, self.weights if weights is None else weights).items():
            own, shaped = self.renamed.get(name, name), array.reshape(self.reshaped.get(name, array.shape))
            if not np.array_equal(theirs.setdefault(own, shaped), shaped):
                raise WeightsError(f"{own} of the module is {name} here and another weight, and the two differ")
        return theirs


def refuse(name: str, missing: list[Missing]) -> None:
    """Raise DiptychError with everything that stands in the way, how often and where; nothing for nothing."""
    if not missing:
        return
    counts = Counter(item.what for item in missing)
    where = {item.what: item.where for item in reversed(missing)}
    often = {what: "once" if n == 1 else f"{n} times" for what, n in counts.items()}
    said = [f"{what} ({often[what]}, first in {where[what] or 'the model itself'})" for what, _ in counts.most_common()]
    raise DiptychError(f"{name} has what no op here says: {first_few(said, 12, '; ')}")


def imported(given: Steps, tensors: Mapping[str, Any], name: str, title: str, doc: str, notes: list[str]) -> Imported:
    """The Net of steps, with the weights by the names that they have there."""
    given = relabelled(running(given))
    net, tree = traced(given, name, title, doc)
    weights: Weights = {}
    renamed: dict[str, str] = {}
    reshaped: dict[str, tuple[int, ...]] = {}
    lines: dict[str, str] = {}
    for node, index in nodes_of(net, given, tree):
        names = given.steps[index].names
        lines[node.path] = _line(given.steps[index])
        for own, canonical in node.own_weights().items():
            if canonical in weights:
                continue
            theirs = names["" if own not in names else own]
            array = np.asarray(tensors[theirs])
            wanted = tuple(map(int, net.weights[canonical].shape))
            if array.shape != wanted:
                reshaped[canonical] = array.shape
            weights[canonical] = np.array(array.reshape(wanted), order="C")
            if canonical != theirs:
                renamed[canonical] = theirs
    unused = [n for n in tensors if n not in {*renamed.values(), *weights} and not n.endswith("num_batches_tracked")]
    if unused:
        notes = [*notes, f"no output depends on {len(unused)} of its weights: {first_few(unused, 8)}"]
    ordered = {name: weights[name] for name in net.weights}
    said = (*notes, *_said(renamed, reshaped))
    return Imported(net, ordered, renamed, reshaped, said, lines={path: line for path, line in lines.items() if line})


def _line(step: Step) -> str:
    """Where a step stands in the model's own code, or the layer that it is of."""
    layer = step.scopes[-1] if step.scopes and step.scopes[-1].style == "leaf" else None
    return step.line or (f"{layer.path} ({layer.kind})" if layer else "")


def _said(renamed: Mapping[str, str], reshaped: Mapping[str, tuple[int, ...]]) -> Iterator[str]:
    if renamed:
        pairs = [f"{theirs} is {ours}" for ours, theirs in renamed.items()]
        yield f"{len(renamed)} weights have another name here: {first_few(pairs, 8)}"
    if reshaped:
        pairs = [f"{ours} ({shape_text(shape) or 'a number'})" for ours, shape in reshaped.items()]
        yield f"{len(reshaped)} weights have another shape in the model: {first_few(pairs, 8)}"
