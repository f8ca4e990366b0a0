"""A network as data: ops, nodes, the tree of block calls, and the weights they own.

Every node remembers the line of the spec that made it (`Net.origins`). That is no part of the network and is not
stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any, Literal

from .errors import SpecError
from .expr import plain
from .op import Array, Input, Op, Weight
from .traits import Shape

__all__ = ["Argument", "Array", "Call", "Input", "Net", "Node", "Op", "Shape", "Weight", "near"]


@dataclass(frozen=True)
class Node:
    """One op at its place: `inputs` are indexes of earlier nodes.

    `in_shapes` are as the enclosing block sees them, with the expressions of its parameters; `shape` is plain numbers.
    `owner` is the path of the node that has the weights, where it is another one. A node that is made once for each
    call of a shared block (`per_call`) has the number of the call at the end of its path.
    """

    path: str
    op: Op
    inputs: tuple[int, ...]
    in_shapes: tuple[Shape, ...]
    shape: Shape
    flattened: Shape | None = None
    owner: str = ""
    per_call: bool = False

    @property
    def kind(self) -> str:
        return self.op.kind

    @property
    def name(self) -> str:
        return self.path.rpartition(".")[2]

    def plain(self) -> Node:
        """The same node with numbers in place of the expressions of its block's parameters."""
        op = replace(self.op, **{f.name: plain(getattr(self.op, f.name)) for f in fields(self.op)})
        shapes = [tuple(map(int, shape)) for shape in self.in_shapes]
        return replace(self, op=op, in_shapes=tuple(shapes))

    def weights(self) -> dict[str, Weight]:
        """Canonical name -> weight of this node, under the path of the node that owns them."""
        return {self.weight_name(w.name): w for w in self.op.weights(*self.in_shapes)}

    def own_weights(self) -> dict[str, str]:
        """What the op calls each weight -> its canonical name; one without a name of its own is called `value`."""
        return {w.name or "value": self.weight_name(w.name) for w in self.op.weights(*self.in_shapes)}

    def weight_name(self, name: str) -> str:
        """The canonical name of a weight of this node: a weight without a name of its own has the node's path."""
        owner = self.owner or self.path
        return f"{owner}.{name}" if name else owner


@dataclass(frozen=True)
class Argument:
    """One argument of a block call: its name, its value (ints keep their expression) and the default, if any."""

    name: str
    value: Any
    default: Any = None
    has_default: bool = False


@dataclass(frozen=True)
class Call:
    """One call of a block: where, with what, and the nodes and calls inside it in the order they ran.

    `style` is "block" (a class with a forward), "sequence" (a class that is a chain) or "stack" (a plain chain).
    `inputs` are the nodes that come in, those of a list one after the other; `parameters` have the name of each value
    and, for a list, its length; `input_channels` have a number or a tuple of numbers for each. `returns` says how the
    block answers. `owner` is the path of the first call of the same module, where this is a later one, and `number`
    counts the calls of one module from 0; `per_call` says that
    the block itself is there once for each call of the shared block around it.
    """

    path: str
    block: str
    style: Literal["block", "sequence", "stack"]
    doc: str = ""
    arguments: tuple[Argument, ...] = ()
    inputs: tuple[int, ...] = ()
    input_channels: tuple[tuple[str, int | tuple[int, ...]], ...] = ()
    outputs: tuple[int, ...] = ()
    body: tuple[int | Call, ...] = ()
    parameters: tuple[tuple[str, int | None], ...] = ()
    returns: Literal["value", "tuple", "list"] = "value"
    owner: str = ""
    number: int = 0
    per_call: bool = False

    def has_per_call_parts(self, nodes: Sequence[Node]) -> bool:
        """Whether a part is there once for each call of the shared block around; such a block is told the number."""
        return any(
            item.per_call or item.has_per_call_parts(nodes) if isinstance(item, Call) else nodes[item].per_call
            for item in self.body
        )

    @property
    def name(self) -> str:
        return self.path.rpartition(".")[2]

    def channel_symbols(self) -> dict[str, int]:
        """The name that the channels of each value have inside the block -> their number."""
        found: dict[str, int] = {}
        for name, value in self.input_channels:
            found |= {f"{name}[{i}]": n for i, n in enumerate(value)} if isinstance(value, tuple) else {name: value}
        return found

    def inner(self, path: str) -> str:
        """The name of a part of this call inside it, from the path of the part."""
        home = self.owner if self.owner and path.startswith(f"{self.owner}.") else self.path
        return path[len(home) + 1 :] if home else path

    def own_nodes(self) -> Iterator[int]:
        """The nodes right in the body, without those of inner calls."""
        return (item for item in self.body if isinstance(item, int))

    def walk(self) -> Iterator[Call]:
        """This call and every call inside it, outer before inner."""
        yield self
        for item in self.body:
            if isinstance(item, Call):
                yield from item.walk()


@dataclass(frozen=True)
class Net:
    """A traced network: flat nodes with resolved shapes, and the tree of block calls that made them.

    `outputs` are node indexes, the main one first, with `output_names` where the network names them. `evaluated` are
    the places of those that belong to the evaluation path: heads that the reference runs in training only are not
    counted in `macs`. `origins` are the places (file, line)
    in the network's own code that made each node, block or stack, by path: the innermost first, then those that called
    it, up to the block around. They are no part of the network and do not outlive the process.
    """

    name: str
    nodes: tuple[Node, ...]
    root: Call
    outputs: tuple[int, ...]
    evaluated: tuple[int, ...] = (0,)
    output_names: tuple[str, ...] = ()
    title: str = ""
    paper: str = ""
    options: tuple[tuple[str, Any], ...] = ()
    origins: Mapping[str, tuple[tuple[str, int], ...]] = field(default_factory=dict, repr=False, compare=False)

    def __hash__(self) -> int:
        """Quick, since networks are keys of what is worked out for them; equality holds all nodes to each other."""
        return hash((self.name, len(self.nodes), self.nodes[0], self.outputs))

    def __repr__(self) -> str:
        return f"<Net {self.name}: {len(self.nodes)} nodes, {self.params:,} parameters, input {self.input_shape}>"

    @property
    def input_shape(self) -> Shape:
        """(C, H, W) of one image."""
        return self.nodes[0].shape

    @cached_property
    def weights(self) -> dict[str, Weight]:
        """Canonical name -> weight, in the order of the nodes; shared weights appear once."""
        return {name: w for node in self.nodes if not node.owner for name, w in node.weights().items()}

    @property
    def evaluated_outputs(self) -> tuple[int, ...]:
        """The node indexes of the outputs on the evaluation path."""
        return tuple(self.outputs[place] for place in self.evaluated)

    @property
    def shown_outputs(self) -> tuple[str, ...]:
        """What each output is called: its name, else the path of its node."""
        return self.output_names or tuple(self.nodes[index].path for index in self.outputs)

    @cached_property
    def modules(self) -> tuple[str, ...]:
        """The path of the module that runs each node: in a later call of a shared block, that of the first call."""
        found = [node.path for node in self.nodes]
        for call in self.root.walk():
            if call.owner:
                for index in call.own_nodes():
                    if not self.nodes[index].per_call:
                        found[index] = call.owner + found[index].removeprefix(call.path)
        return tuple(found)

    @cached_property
    def ties(self) -> dict[str, str]:
        """Second name -> canonical name of each weight that layers of two blocks share: a state dict has it twice."""
        homes = {index: call.owner or call.path for call in self.root.walk() for index in call.own_nodes()}
        places = {node.path: index for index, node in enumerate(self.nodes)}
        found: dict[str, str] = {}
        for index, node in enumerate(self.nodes):
            module = self.modules[index]
            if node.owner and node.owner != module and homes[index] != homes[places[node.owner]]:
                own = replace(node, path=module, owner="").weights()
                found |= dict(zip(own, node.weights(), strict=True))
        return found

    @property
    def params(self) -> int:
        """Trainable numbers."""
        return sum(w.count for w in self.weights.values() if w.kind == "trainable")

    @property
    def statistics(self) -> int:
        """Running means and variances of batch normalisation."""
        return sum(w.count for w in self.weights.values() if w.kind == "statistic")

    @property
    def buffers(self) -> int:
        """Fixed numbers that are neither trained nor measured, such as the prototypes of LeNet-5."""
        return sum(w.count for w in self.weights.values() if w.kind == "buffer")

    @property
    def macs(self) -> int:
        """Multiply-accumulates of convolutions and linear layers for one image on the evaluation path."""
        wanted = self.ancestors(self.evaluated_outputs)
        return sum(n.op.macs(n.in_shapes, n.shape) for i, n in enumerate(self.nodes) if i in wanted)

    def ancestors(self, outputs: tuple[int, ...]) -> set[int]:
        """The indexes of all nodes that the given ones depend on, themselves included."""
        wanted = set(outputs)
        for index in range(len(self.nodes) - 1, -1, -1):
            if index in wanted:
                wanted.update(self.nodes[index].inputs)
        return wanted

    def node(self, path: str) -> Node:
        """The node at a path; raises SpecError naming near matches."""
        for candidate in self.nodes:
            if candidate.path == path:
                return candidate
        raise SpecError(f"{self.name} has no node {path!r}; {near(path, [n.path for n in self.nodes])}")

    def resolve(self, paths: Sequence[str]) -> dict[str, int]:
        """Path -> node index for paths of nodes, or of blocks by their (single) output; raises SpecError."""
        known = {node.path: index for index, node in enumerate(self.nodes)}
        blocks = {call.path: call.outputs[0] for call in self.root.walk() if len(call.outputs) == 1 and call.path}
        for path in paths:
            if path not in known and path not in blocks:
                advice = near(str(path), [*known, *blocks])
                raise SpecError(f"{self.name} has no node or block {path!r}; {advice}")
        return {path: known.get(path, blocks.get(path, 0)) for path in paths}

    def to_json(self) -> str:
        """The whole trace as JSON text; `Net.from_json` gives an equal Net back."""
        from .serial import dumps

        return dumps(self)

    @staticmethod
    def from_json(text: str) -> Net:
        """The Net that `to_json` wrote; raises SpecError for anything else."""
        from .serial import loads

        return loads(text)


def near(name: str, names: list[str]) -> str:
    """Advice for a name that is not among the known ones."""
    import difflib

    close = difflib.get_close_matches(name, names, n=4, cutoff=0.5)
    return f"did you mean {' or '.join(map(repr, close))}?" if close else f"there are {len(names)}, such as {names[:3]}"
