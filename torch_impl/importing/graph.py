"""From the graph of torch.export to a draft."""

from __future__ import annotations

import operator
import re
from collections import defaultdict
from typing import Any

import torch
from torch import nn
from torch.fx import Node
from torch.utils import _pytree as pytree

from ...common.errors import DiptychError
from ...common.importing.axes import Unknown
from ...common.importing.draft import Draft, Scope, View
from ...common.importing.foreign import laid_out
from ...common.importing.layout import as_value, first
from . import activations, arithmetic, channels, layers, maps, moments, norms, shapes
from .export import Exported
from .foreign import apart, as_it_is
from .lines import line_of
from .nodes import fault_of, flattened, function_name, is_known, memory_of, settings, shape_of, written_by
from .table import MEANINGS, Const, Param, Reading, own_axes

__all__ = [
    "Outputs",
    "activations",
    "arithmetic",
    "channels",
    "layers",
    "maps",
    "moments",
    "norms",
    "read_graph",
    "shapes",
]

Outputs = list[tuple[str, int]]
"""The name ("" for none) and the step of each output."""
CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)
COMPUTED = "computed from parameters"
LEAF = "torch.nn."
BROKEN = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError)
"""What reading a call raises whose arguments are others than are known."""
PART_OF_NAME = re.compile(r"@(\d+)$")


def read_graph(model: nn.Module, program: Exported, images: torch.Tensor, opaque: bool) -> tuple[Draft, Outputs]:
    """The draft of a graph, and its outputs; what is not known is noted in it, or if `opaque` runs as it is."""
    return _Walk(model, program, images, opaque).run()


class _Walk:
    """One walk along a graph."""

    def __init__(self, model: nn.Module, program: Exported, images: torch.Tensor, opaque: bool = False) -> None:
        self.program, self.model, self.opaque = program, model, opaque
        self.modules = dict(model.named_modules(remove_duplicate=False))
        self.draft = Draft(batch=images.shape[0])
        self.image = self.draft.image(tuple(map(int, images.shape[1:])))
        tensors = {
            **dict(model.named_buffers(remove_duplicate=False)),
            **dict(model.named_parameters(remove_duplicate=False)),
        }
        self.reading = Reading(self.draft, tensors)
        self.first = {id(tensor): name for name, tensor in reversed(tensors.items())}
        self.env: dict[Node, Any] = {}
        self.roots: dict[Node, Node] = {}
        self.alike: dict[Node, list[Node]] = defaultdict(list)
        self.place: dict[Node, int] = {}
        self.scopes_of: dict[tuple[str, str, str], Scope] = {}

    def run(self) -> tuple[Draft, Outputs]:
        """Every node in turn."""
        outputs: Outputs = []
        self.place = {node: place for place, node in enumerate(self.program.graph.nodes)}
        for node in self.program.graph.nodes:
            self.draft.scopes, self.draft.line = self._scopes(node), line_of(node)
            if node.op == "placeholder":
                self.env[node] = self._placeholder(node)
                self._alias(node)
            elif node.op == "output":
                outputs = self._outputs(node)
            else:
                self.env[node] = self._called(node)
                self._alias(node)
        return self.draft, outputs

    def _placeholder(self, node: Node) -> Any:
        signature = self.program.graph_signature
        name = signature.inputs_to_parameters.get(node.name) or signature.inputs_to_buffers.get(node.name)
        if name is not None:
            tensor = self.reading.tensors[name]
            shape = tuple(tensor.shape)
            buffer = not isinstance(tensor, nn.Parameter)
            return Param(self.first[id(tensor)], shape, own_axes(shape), buffer)
        constant = signature.inputs_to_lifted_tensor_constants.get(node.name)
        if constant is not None:
            return Const(self.program.constants[constant])
        return self.image if node.name in signature.user_inputs else None

    def _scopes(self, node: Node) -> tuple[Scope, ...]:
        """The modules that a node stands in, without the outermost."""
        stack = node.meta.get("nn_module_stack") or {}
        return tuple(self._scope(key, *entry) for key, entry in stack.items() if entry[0])

    def _scope(self, key: str, path: str, kind: Any) -> Scope:
        path, kind = path.partition("@")[0], kind if isinstance(kind, str) else f"{kind.__module__}.{kind.__qualname__}"
        if (key, path, kind) not in self.scopes_of:
            module, found = self.modules.get(path), PART_OF_NAME.search(key)
            style: Any = "block"
            if type(module) is nn.Sequential:
                style = "stack"
            elif isinstance(module, nn.Sequential):
                style = "sequence"
            elif kind.startswith(LEAF) or module is None:
                style = "leaf"
            doc = "" if style in ("leaf", "stack") else (type(module).__dict__.get("__doc__") or "").strip()
            number = int(found.group(1)) if found else 0
            self.scopes_of[key, path, kind] = Scope(
                path, number, kind.rpartition(".")[2], style, doc.partition("\n")[0], settings(module)
            )
        return self.scopes_of[key, path, kind]

    def _called(self, node: Node) -> Any:
        """What a node means; a hole, with a note, where nothing is known."""
        if node.target is operator.getitem:
            return self._item(node)
        name = function_name(node)
        args = pytree.tree_map_only(Node, self.env.__getitem__, (node.args, node.kwargs), is_leaf=is_known)
        given = pytree.tree_leaves(args, is_leaf=is_known)
        if not any(isinstance(item, View | Param) for item in given):
            return self._folded(node, args)
        try:
            made = self._meant(node, name, args)
            self._note_rounding(node)
        except (Unknown, *BROKEN) as why:
            doubtful = [item for item in given if isinstance(item, View) and item.doubtful]
            computed = [item for item in given if isinstance(item, Param) and item.computed == COMPUTED]
            if not doubtful and not computed:
                self.draft.note(fault_of(name, why))
            return self._hole(node, any(isinstance(item, View) for item in given), given)
        return made

    def _meant(self, node: Node, name: str, args: Any) -> Any:
        """What a function means in the spec, or the function as it is where that is asked for."""
        self._check_written(node)
        try:
            return self._known(node, name, args)
        except (Unknown, *BROKEN):
            if not self.opaque:
                raise
        try:
            return self._known(node, name, apart(self.draft, args))
        except (Unknown, *BROKEN):
            return as_it_is(self.reading, node, self.env)

    def _known(self, node: Node, name: str, args: Any) -> Any:
        """What a function means in the spec; raises Unknown where it has no meaning there."""
        if name not in MEANINGS:
            raise Unknown("")
        made = MEANINGS[name](self.reading, *args[0], **args[1])
        self._check_shape(node, made)
        return made

    def _item(self, node: Node) -> Any:
        """One of several results; of those that are not told, such as where a maximum is, a hole."""
        source, place = node.args
        found = self.env[source]  # type: ignore[index]
        if isinstance(found, list) and place >= len(found):  # type: ignore[operator]
            if self.opaque:
                return as_it_is(self.reading, source, self.env)[place]  # type: ignore[arg-type]
            return self.draft.hole(tuple(node.meta["val"].shape))
        return found[place]

    def _folded(self, node: Node, args: Any) -> Any:
        """What follows from numbers of the code alone."""
        if not isinstance(node.meta.get("val"), torch.Tensor) or not callable(node.target):
            return node.meta.get("val")
        plain, named = pytree.tree_map_only(Const, lambda item: item.tensor, args, is_leaf=is_known)
        with torch.no_grad():
            return Const(node.target(*plain, **named))

    def _check_written(self, node: Node) -> None:
        """Raise Unknown for a function that writes into a value which is read in another way afterwards."""
        written = written_by(node)
        if written is None:
            return
        for other in self.alike[self.roots.get(written, written)]:
            if any(self.place[user] > self.place[node] for user in other.users):
                raise Unknown("it writes into a value that is seen in another way")

    def _alias(self, node: Node) -> None:
        """Note which nodes are the same memory."""
        source = memory_of(node)
        self.roots[node] = self.roots.get(source, source) if source is not None else node
        self.alike[self.roots[node]].append(node)

    def _check_shape(self, node: Node, made: Any) -> None:
        values = pytree.tree_leaves(node.meta.get("val"))
        expected = [shape_of(item) for item in values if isinstance(item, torch.Tensor)]
        if None in expected:
            raise Unknown("a result whose size depends on numbers")
        found = [item.shape for item in (made if isinstance(made, list) else [made]) if item is not None]
        if expected[: len(found)] != found:
            raise Unknown(f"a result of {found} where PyTorch has {expected}")

    def _note_rounding(self, node: Node) -> None:
        """Note a value that is brought to another precision, which no op says."""
        types = [item.meta.get("val") for item in (node, *node.all_input_nodes[:1])]
        if len({t.dtype for t in types if isinstance(t, torch.Tensor) and t.is_floating_point()}) > 1:
            self.draft.rounded.append(self.draft.where)

    def _hole(self, node: Node, of_image: bool, given: list[Any]) -> Any:
        result = node.meta.get("val")
        if isinstance(result, (list, tuple)):
            return [self.draft.hole(tuple(item.shape)) for item in result]
        if not isinstance(result, torch.Tensor):
            return result
        shape = shape_of(result) or ()
        if of_image:
            return self.draft.hole(shape)
        named = next(item.name for item in given if isinstance(item, Param))
        return Param(named, shape, own_axes(shape), computed=COMPUTED)

    def _outputs(self, node: Node) -> Outputs:
        """The outputs by the names that the model gives them."""
        tree = self.program.call_spec.out_spec
        result = pytree.tree_unflatten(list(node.args[0]), tree) if tree is not None else node.args[0]  # type: ignore[arg-type]
        found: Outputs = []
        for name, item in flattened("", result):
            given = self.env.get(item) if isinstance(item, Node) else item
            if given is None:
                continue
            label = f"output {name or len(found)}"
            if not isinstance(given, View):
                raise DiptychError(f"the {label} of {type(self.model).__name__} is the same for every image")
            try:
                found.append((name, self._answered(given, label)))
            except Unknown as why:
                if not given.doubtful:
                    self.draft.note(f"{label}: {why}")
        return found

    def _answered(self, given: View, label: str) -> int:
        """The step of an output."""
        if self.opaque and not given.doubtful:
            given = laid_out(self.draft, given, lambda view: as_value(self.draft, self._output(view, label)))
            if given.order == "":
                return given.step
        return as_value(self.draft, self._output(given, label))

    def _output(self, given: View, label: str) -> View:
        """An output as a map or a vector; of one place, it does not matter whether its channels come last."""
        if given.order != "last":
            return given
        if given.shape[1:3] != (1, 1):
            raise Unknown("a map whose channels come last; leave the permutation to who takes it")
        self.draft.said.append(f"the {label} is of shape (N, 1, 1, C) in the module, and (N, C, 1, 1) here")
        return first(given)
