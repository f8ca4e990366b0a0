"""A network as units and edges: runs of equal blocks, chains of plain ops, heads. Neutral data, without any drawing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from ..common.spec import Call, Net, Shape
from .wording import lines_of


@dataclass(frozen=True)
class Piece:
    """What a unit is made of: one block with branches inside, or a chain of ops; `stack` is the stack it stands in.

    `shared` is the path of the first call of the shared block that it is a call of.
    """

    nodes: tuple[int, ...]
    path: str
    stack: str = ""
    block: Call | None = None
    named: bool = False
    shared: str = ""

    @property
    def last(self) -> int:
        return self.nodes[-1]


@dataclass(frozen=True)
class Unit:
    """A box of the overview: the nodes in it, and the pieces that follow each other there, or calls of a shared block.

    `kind` is "input", "ops" (a chain of plain ops) or "blocks" (a run of one block); `params` counts trainable numbers.
    """

    kind: Literal["input", "ops", "blocks"]
    pieces: tuple[Piece, ...]
    params: int = 0
    side: bool = False
    lines: tuple[str, ...] = ()

    @property
    def nodes(self) -> tuple[int, ...]:
        return tuple(node for piece in self.pieces for node in piece.nodes)

    @property
    def blocks(self) -> list[Call]:
        return [piece.block for piece in self.pieces if piece.block is not None]


@dataclass(frozen=True)
class Edge:
    """A tensor from one unit to another; `target` None means an output of the network. `shape` is (C, H, W) or (F,)."""

    source: int
    target: int | None
    node: int
    shape: Shape


@dataclass(frozen=True)
class Overview:
    """The units of a network and the edges between them; every node is in exactly one unit."""

    units: tuple[Unit, ...]
    edges: tuple[Edge, ...] = field(default=())


def overview(net: Net) -> Overview:
    """The units of a network in the order in which they run, and what flows between them."""
    readers = consumers(net)
    groups: list[list[Piece]] = []
    for piece in _pieces(net, net.root, "", branched_blocks(net)):
        if groups and (_continues(net, groups[-1], piece, readers) or _calls_again(net, groups[-1], piece)):
            groups[-1].append(piece)
        else:
            groups.append([piece])
    main = net.ancestors(net.evaluated_outputs if net.output_names else net.outputs[:1])
    units = [Unit("input", (Piece((0,), net.nodes[0].path),))]
    units += [_unit(net, group, group[-1].last not in main) for group in groups]
    return Overview(tuple(units), tuple(_edges(net, units)))


def consumers(net: Net) -> list[list[int]]:
    """For each node, the nodes that read it; an output of the network counts as read once more, as -1."""
    readers: list[list[int]] = [[] for _ in net.nodes]
    for index, node in enumerate(net.nodes):
        for source in dict.fromkeys(node.inputs):
            readers[source].append(index)
    for index in net.outputs:
        readers[index].append(-1)
    return readers


def inner_nodes(call: Call) -> list[int]:
    """The nodes of a call, those of the calls inside it included, in the order in which they ran."""
    found: list[int] = []
    for item in call.body:
        found += inner_nodes(item) if isinstance(item, Call) else [item]
    return found


def is_chain(net: Net, call: Call) -> bool:
    """Whether each node of a call reads only the one before it."""
    nodes = inner_nodes(call)
    before = (*call.inputs, *nodes)
    return len(call.inputs) == 1 and all(
        net.nodes[node].inputs == (source,) for source, node in zip(before, nodes, strict=False)
    )


def branched_blocks(net: Net) -> set[str]:
    """The names of the blocks that have branches inside, in at least one of their calls."""
    calls = (call for call in net.root.walk() if call.style != "stack" and call is not net.root)
    return {call.block for call in calls if inner_nodes(call) and not is_chain(net, call)}


def _pieces(net: Net, call: Call, stack: str, branched: set[str]) -> Iterator[Piece]:
    shared = {item.owner for item in call.body if isinstance(item, Call)}
    for item in call.body:
        if isinstance(item, int):
            yield Piece((item,), net.nodes[item].path, stack)
        elif item.style == "stack":
            yield from _pieces(net, item, item.path, branched)
        elif nodes := tuple(inner_nodes(item)):
            first = item.owner or (item.path if item.path in shared else "")
            yield Piece(nodes, item.path, stack, item if item.block in branched else None, named=True, shared=first)


def _continues(net: Net, group: list[Piece], piece: Piece, readers: list[list[int]]) -> bool:
    """Whether a piece goes into the unit of the pieces before it."""
    before = group[-1]
    if before.shared or piece.shared:
        return False
    inside = set(piece.nodes)
    read = [source for node in piece.nodes for source in net.nodes[node].inputs if source not in inside]
    left = before.block.outputs if before.block is not None and piece.block is not None else (before.last,)
    if set(read) != set(left) or not all(set(readers[node]) <= inside for node in left):
        return False
    if piece.block is None or before.block is None:
        return piece.block is before.block and _chains(net, group, piece) and not _halves(net, before, piece)
    same = (piece.block.block, piece.stack) == (before.block.block, before.stack)
    return same and net.nodes[piece.last].shape[1:] == net.nodes[before.last].shape[1:]


def _calls_again(net: Net, group: list[Piece], piece: Piece) -> bool:
    """Whether a piece is the next call of a shared block, on a value of its own."""
    made = {node for part in group for node in part.nodes}
    reads = {source for node in piece.nodes for source in net.nodes[node].inputs}
    return bool(piece.shared) and piece.shared == group[-1].shared and not made & reads


def _halves(net: Net, before: Piece, piece: Piece) -> bool:
    """Whether a block in a row of plain blocks begins a stage: its map is at most half as high as that before it."""
    sides = [net.nodes[part.last].shape[1:2] for part in (before, piece)]
    return before.named and piece.named and all(sides) and 2 * sides[1][0] <= sides[0][0] + 1


def _chains(net: Net, group: list[Piece], piece: Piece) -> bool:
    """Whether a chain of ops goes on: a weighted op begins anew after a pool, and the head after weighted ops."""
    roles = {net.nodes[node].op.role for part in group for node in part.nodes}
    new = {net.nodes[node].op.role for node in piece.nodes}
    if "pool" in roles and new & {"weighted", "head"}:
        return False
    return not (net.nodes[piece.nodes[0]].op.role == "head" and "weighted" in roles and "head" not in roles)


def _unit(net: Net, group: list[Piece], side: bool) -> Unit:
    nodes = [net.nodes[index] for piece in group for index in piece.nodes]
    owned = [weight for node in nodes if not node.owner for weight in node.weights().values()]
    params = sum(weight.count for weight in owned if weight.kind == "trainable")
    if group[0].block is not None:
        return Unit("blocks", tuple(group), params, side)
    shown = group[0].nodes if group[0].shared else [index for piece in group for index in piece.nodes]
    return Unit("ops", tuple(group), params, side, tuple(lines_of([net.nodes[index] for index in shown])))


def _edges(net: Net, units: list[Unit]) -> Iterator[Edge]:
    home = {node: index for index, unit in enumerate(units) for node in unit.nodes}
    seen: set[tuple[int, int]] = set()
    for index, node in enumerate(net.nodes):
        for source in node.inputs:
            if home[source] != home[index] and (source, home[index]) not in seen:
                seen.add((source, home[index]))
                yield Edge(home[source], home[index], source, _plain(net.nodes[source].shape))
    for source in net.outputs:
        yield Edge(home[source], None, source, _plain(net.nodes[source].shape))


def _plain(shape: Shape) -> Shape:
    return tuple(int(length) for length in shape)
