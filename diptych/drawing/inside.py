"""What is inside a block: one of its calls as a graph of ops, so that branches and joins are seen."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from ..common.emission.lists import name_of
from ..common.expr import text
from ..common.spec import Call, Net, Node
from ..common.text import TIMES, shape_text
from .boxes import Box, Diagram, Link, Style, centred_box
from .captions import children
from .units import branched_blocks, consumers, inner_nodes
from .wording import describe

SAME = 4
"""From so many convolutions on, ops that follow each of them are said once, in the heading."""

MANY = 4
"""From so many parts on that only some calls of a block have, they are not named one by one."""


@dataclass(frozen=True)
class OpGroup:
    """An op and those that only follow it, as one box; `optional` where some calls of the block lack it.

    What `parts` are made of is one box: an entry of a list of layers, as a block with such lists is a mesh of them, a
    row of blocks that have branches of their own, and a block that is made of such blocks.
    """

    nodes: tuple[int, ...]
    optional: bool = False
    parts: tuple[int | Call, ...] = ()


def details(net: Net) -> list[Diagram]:
    """One diagram for each block with branches, in the order in which they first run.

    Of blocks with lists of the same layers the largest alone is drawn: in HRNet, the others are the same on fewer maps.
    What is there once, and is seen inside another block, is not drawn again.
    """
    branched = branched_blocks(net)
    calls: dict[str, list[Call]] = {}
    for call in net.root.walk():
        if call is not net.root and call.block in branched and call.style != "stack":
            calls.setdefault(call.block, []).append(call)
    meshes = {name: max((_list_entries(net, call) for call in found), key=len) for name, found in calls.items()}
    largest = dict[frozenset[str], int]()
    for mesh in meshes.values():
        largest[_made_of(mesh)] = max(len(mesh), largest.get(_made_of(mesh), 0))
    calls = {name: found for name, found in calls.items() if len(meshes[name]) == largest[_made_of(meshes[name])]}
    shown = {name: _largest(found) for name, found in calls.items()}
    return [_detail(net, name, found) for name, found in calls.items() if not _is_seen(net, found, shown.values())]


def _made_of(mesh: list[Call]) -> frozenset[str]:
    """The blocks in the lists of a block."""
    return frozenset(inner.block for call in mesh for inner in call.walk() if inner.style != "stack")


def _largest(calls: list[Call]) -> Call:
    """The call with the most in it, among equals the first."""
    return max(calls, key=lambda call: len(inner_nodes(call)))


def _is_seen(net: Net, calls: list[Call], shown: Iterable[Call]) -> bool:
    """Whether the only call of a block stands op by op in the drawing of another block."""
    (first, *others) = calls
    around = [call for call in shown if call is not first and any(inner is first for inner in call.walk())]
    return not others and any(inner_nodes(first)[0] not in _entries(net, call) for call in around)


def _detail(net: Net, name: str, calls: list[Call]) -> Diagram:
    shown = _largest(calls)
    calls = [call for call in calls if call.parameters == shown.parameters]  # on lists of as many values
    lacking = {child for call in calls for child in children(net, shown) if child not in children(net, call)}
    op_groups = _op_groups(net, shown, lacking)
    said = _common_followers(net, op_groups)
    env = dict(_widths(net, shown))
    boxes = [replace(_box(net, group, env, said), path=_shown(net, group)) for group in op_groups]
    place = shown.path if len(calls) == 1 else f"{shown.path}, one of {len(calls)}"
    heading = [f"inside {name}", place]
    heading += [f"each conv is followed by {said}"] if said else []
    dashed = [_dashed_note(net, child, calls) for child in children(net, shown) if child in lacking]
    heading += dashed if len(dashed) < MANY else [f"dashed: what only some of the {len(calls)} have"]
    return _connect(net, shown, op_groups, boxes, tuple(heading))


def _dashed_note(net: Net, child: str, calls: list[Call]) -> str:
    """In how many calls of a block a child is, and whether the others join the input as it is in its place."""
    without = [call for call in calls if child not in children(net, call)]
    joins = [{i for i in inner_nodes(call) if net.nodes[i].op.role == "join"} for call in without]
    direct = all(
        any(source in net.nodes[index].inputs for index in found for source in call.inputs)
        for call, found in zip(without, joins, strict=True)
    )
    words = f"dashed: {child} only in {len(calls) - len(without)} of {len(calls)}"
    return f"{words}, elsewhere the input as it is" if direct else words


def _connect(net: Net, call: Call, op_groups: list[OpGroup], boxes: list[Box], heading: tuple[str, ...]) -> Diagram:
    """The boxes with one for each tensor that comes in and goes out, and the links between all of them."""
    home = {node: index for index, group in enumerate(op_groups) for node in group.nodes}
    readers = consumers(net)
    links: dict[tuple[int, int], Link] = {}
    boxes = list(boxes)
    for index, group in enumerate(op_groups):
        for node in group.nodes:
            for source in net.nodes[node].inputs:
                if source not in home:
                    home[source] = len(boxes)
                    boxes.append(_end(net, source))
                if home[source] != index:
                    # The shape of what several read stands in the box of the input, or is seen on the way in.
                    alone = home[source] < len(op_groups) and len(readers[source]) == 1
                    words = shape_text(net.nodes[source].shape, TIMES) if alone else ""
                    optional = group.optional or (home[source] < len(op_groups) and op_groups[home[source]].optional)
                    links[home[source], index] = Link(home[source], index, words, optional)
    for output in call.outputs:
        if output in inner_nodes(call):
            links[home[output], len(boxes)] = Link(home[output], len(boxes))
            boxes.append(_end(net, output))
    return Diagram(tuple(boxes), tuple(links.values()), heading)


def _op_groups(net: Net, call: Call, lacking: set[str]) -> list[OpGroup]:
    readers = consumers(net)
    groups: list[list[int]] = []
    entries = _entries(net, call)
    for index in inner_nodes(call):
        node = net.nodes[index]
        if index in entries:
            if groups and entries.get(groups[-1][0]) is entries[index]:
                groups[-1].append(index)
            else:
                groups.append([index])
            continue
        group = next((g for g in groups if node.inputs == (g[-1],) and len(readers[g[-1]]) == 1), None)
        only_followers = group is not None and all(net.nodes[i].op.role == "follower" for i in group)
        if group is not None and (node.op.role == "follower" or only_followers):
            group.append(index)
        else:
            groups.append([index])
    return [
        OpGroup(tuple(group), _child(call, net.nodes[group[0]]) in lacking, entries.get(group[0], ()))
        for group in groups
    ]


def _list_entries(net: Net, call: Call) -> list[Call]:
    """The blocks and chains in the lists of a block."""
    return [item for item in call.body if isinstance(item, Call) and "." in name_of(net, call, item)]


def _entries(net: Net, call: Call) -> dict[int, tuple[int | Call, ...]]:
    """What is one box of a block, by its nodes: an entry of a list, a row of branching blocks, a block of such."""
    lists = _list_entries(net, call)
    found = [*_rows(call, branched_blocks(net)), *(item.body if item.style == "stack" else (item,) for item in lists)]
    return {node: parts for parts in found for item in parts for node in _nodes(item)}


def _rows(call: Call, branched: set[str]) -> Iterator[tuple[int | Call, ...]]:
    """Blocks of branching blocks, and what stands in a row in a stack of a block: some of one kind, or all in it."""
    for item in call.body:
        if not isinstance(item, Call):
            continue
        if item.style != "stack":
            if any(inner.block in branched for inner in item.walk() if inner is not item):
                yield (item,)
        elif all(isinstance(part, Call) and part.block in branched for part in item.body):
            yield item.body
        else:
            yield from _rows(item, branched)
            for block, row in itertools.groupby(item.body, lambda part: part.block if isinstance(part, Call) else ""):
                parts = tuple(row)
                if block in branched and len(parts) > 1:
                    yield parts


def _nodes(item: int | Call) -> list[int]:
    return inner_nodes(item) if isinstance(item, Call) else [item]


def _child(call: Call, node: Node) -> str:
    """The name of the child of a block that a node is, or is in."""
    return node.path.removeprefix(f"{call.path}.").partition(".")[0]


def _box(net: Net, group: OpGroup, env: dict[int, str], said: str) -> Box:
    if group.parts:
        blocks = list(dict.fromkeys(item.block for item in group.parts if isinstance(item, Call)))
        times = f" {TIMES}{len(group.parts)}" if len(group.parts) > 1 else ""
        return centred_box("ops", [("body", f"{', '.join(blocks)}{times}")], group.optional)
    lines: list[tuple[Style, str]] = []
    following: list[str] = []
    for index in group.nodes:
        operation, width, rest = describe(net.nodes[index])
        if net.nodes[index].op.role == "follower":
            following.append(operation)
            continue
        lines += _take_lines(following)
        head = ", ".join(part for part in (operation, rest) if part)
        symbolic = env.get(index, "")
        if width is not None and not symbolic:
            head = ", ".join(part for part in (operation, str(int(width)), rest) if part)
        lines.append(("body", head))
        if symbolic:
            lines.append(("small", f"{symbolic} = {int(width or 0)}"))
    if ", ".join(following) != said or not lines:
        lines += _take_lines(following)
    join = any(net.nodes[index].op.role == "join" for index in group.nodes)
    return centred_box("join" if join else "ops", lines, group.optional)


def _shown(net: Net, group: OpGroup) -> str:
    """The path of the first block or node of a box."""
    part = group.parts[0] if group.parts else group.nodes[0]
    return part.path if isinstance(part, Call) else net.nodes[part].path


def _take_lines(following: list[str]) -> list[tuple[Style, str]]:
    words = ", ".join(following)
    following.clear()
    return [("small", words)] if words else []


def _common_followers(net: Net, op_groups: list[OpGroup]) -> str:
    """What follows each convolution, where it is the same for all of many; else nothing."""
    found = []
    for group in op_groups:
        if net.nodes[group.nodes[0]].kind == "conv" and not group.parts:
            found.append(", ".join(describe(net.nodes[index])[0] for index in group.nodes[1:]))
    return found[0] if len(found) >= SAME and len(set(found)) == 1 else ""


def _end(net: Net, index: int) -> Box:
    return centred_box("end", [("small", shape_text(net.nodes[index].shape, TIMES))])


def _widths(net: Net, call: Call) -> Iterator[tuple[int, str]]:
    """For each node whose width is an expression over the parameters of the block: that expression.

    The channels of one value of a list are a number: `in_channels[2]` says no more and takes more room.
    """
    lists = {
        f"{name}[{place}]"
        for name, value in call.input_channels
        if isinstance(value, tuple)
        for place in range(len(value))
    }
    for index in inner_nodes(call):
        width = describe(net.nodes[index])[1]
        for inner in reversed(_between(call, index)):
            width = _outside(width, inner)
        if width is not None and text(width) != str(int(width)) and not lists & getattr(width, "atoms", set()):
            yield index, text(width)


def _between(call: Call, index: int) -> list[Call]:
    """The calls inside a block that a node is in, outer before inner."""
    return [inner for inner in call.walk() if inner is not call and index in inner_nodes(inner)]


def _outside(width: int | None, inner: Call) -> int | None:
    """A width in the terms of the code that made the call."""
    known = {a.name: a.value for a in inner.arguments if isinstance(a.value, int)} | inner.channel_symbols()
    substitute = getattr(width, "substitute", None)
    return width if substitute is None or inner.style == "stack" else substitute(known)
