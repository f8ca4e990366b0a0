"""The text of the overview: what a unit is, how often it comes, what varies, where it stands and what it costs."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import takewhile
from typing import Any

from ..common.expr import plain
from ..common.spec import Call, Net, Node
from ..common.text import TIMES, shape_text
from .boxes import Box, Diagram, Link, Style, centred_box, table_box
from .units import Unit, overview
from .wording import DASH

MANY = 3
"""From so many arguments on they stand in a table."""


def overview_diagram(net: Net) -> Diagram:
    """The overview of a network as boxes and links; outputs are boxes of their own."""
    view = overview(net)
    boxes = [replace(_box(net, unit), path=_shown(net, unit)) for unit in view.units]
    links = []
    for edge in view.edges:
        target = edge.target
        if target is None:
            target = len(boxes)
            number = net.outputs.index(edge.node)
            boxes.append(centred_box("end", [("body", _output(net, number))]))
        dashed = view.units[edge.source].side or (edge.target is not None and view.units[edge.target].side)
        links.append(Link(edge.source, target, shape_text(edge.shape, TIMES), dashed))
    # Graphviz places what leaves a box from left to right in this order: heads stand on the right of the main path.
    return Diagram(tuple(boxes), tuple(sorted(links, key=lambda link: link.dashed)))


def _shown(net: Net, unit: Unit) -> str:
    """The path of the first block or node of a unit."""
    return unit.blocks[0].path if unit.blocks else net.nodes[unit.nodes[0]].path if unit.kind != "input" else ""


def _output(net: Net, number: int) -> str:
    """The name of an output; of outputs without names the first is the main one."""
    if net.output_names:
        return net.output_names[number]
    return f"auxiliary output {number}" if number else "output"


def _box(net: Net, unit: Unit) -> Box:
    if unit.kind == "input":
        return centred_box("end", [("body", "image")])
    owner = _owner(unit)
    last = _range(net, unit) + _weights(unit, owner)
    lines: list[tuple[Style, str]] = []
    if unit.kind == "blocks":
        title = f"{unit.blocks[0].block} {TIMES}{len(unit.blocks)}" if len(unit.blocks) > 1 else unit.blocks[0].block
        stack = unit.pieces[0].stack.rpartition(".")[2]
        lines.append(
            ("heading", f"{stack}: {title}" if stack and not stack.isdigit() and _fills_stack(net, unit) else title)
        )
        common, rows = _arguments(net, unit)
        lines += [("body", line) for line in common]
        return table_box("block", lines, rows, last)
    name = unit.pieces[0].path.rpartition(".")[2]
    calls = len(unit.pieces) if unit.pieces[0].shared else 1
    if len(unit.pieces) == calls and unit.pieces[0].named and not name.isdigit():
        name = f"{name} {TIMES}{calls}" if calls > 1 else name
        lines.append(("heading", f"{name}: auxiliary head" if unit.side else name))
    lines += [("body", line) for line in ([] if owner else unit.lines)]  # they stand in the first call
    return table_box("ops", lines, (), last, unit.side)


def _owner(unit: Unit) -> str:
    """The path of the first call of the shared block that a unit is a later call of, or ""."""
    if unit.kind == "blocks":
        return unit.blocks[0].owner
    piece = unit.pieces[0]
    return piece.shared if piece.shared != piece.path else ""


def _weights(unit: Unit, owner: str) -> str:
    """The parameters of a unit, and whose weights it shares."""
    whose = f" · weights of {owner}" if owner else ""
    if not unit.params:
        return whose
    return f"{whose}, {unit.params:,} of its own" if owner else f" · {unit.params:,} parameters"


def _arguments(net: Net, unit: Unit) -> tuple[list[str], list[list[str]]]:
    """What all blocks of a run share, as lines, and what varies, as a table; a table also for many arguments."""
    parts = segments(net, unit)
    keys = [key for key in _values(parts[0][0]) if any(key in _values(part[0]) for part in parts)]
    varying = [key for key in keys if len({_values(part[0]).get(key) for part in parts}) > 1]
    common = [
        f"{key} {_values(parts[0][0])[key]}" for key in keys if key not in varying and _is_given(parts[0][0], key)
    ]
    if len(parts) == 1:
        channels = [int(net.nodes[unit.blocks[i].outputs[0]].shape[0]) for i in (0, -1)]
        first = int(net.nodes[unit.blocks[0].inputs[0]].shape[0])
        grown = [f"{first} → {channels[1]} channels"] if channels[0] != channels[1] else []
        if len(common) >= MANY:
            words = [line.split(" ", 1) for line in common]
            return grown, [[key for key, _ in words], [value for _, value in words]]
        return [", ".join(common), *grown] if common else grown, []
    return [", ".join(common)] if common else [], _table(net, parts, varying)


def _table(net: Net, parts: list[list[Call]], varying: list[str]) -> list[list[str]]:
    names = _shorten([call.name for part in parts for call in part])
    extras = [_extras(net, part[0], parts) for part in parts]
    widths = [str(int(net.nodes[part[-1].outputs[0]].shape[0])) for part in parts]
    columns = [[key, *(_values(part[0]).get(key, "") for part in parts)] for key in varying]
    if len(set(widths)) > 1 and not any(column[1:] == widths for column in columns):
        columns.append(["out", *widths])
    if any(extras):
        columns.append(["with", *extras])
    labels = []
    for part in parts:
        first, end = names[part[0].name], names[part[-1].name]
        labels.append(first if first == end else f"{first}{DASH}{end}")
    return [list(row) for row in zip(["", *labels], *columns, strict=True)]


def segments(net: Net, unit: Unit) -> list[list[Call]]:
    """The blocks of a run, those together that follow each other and differ in nothing but their channels."""
    parts: list[list[Call]] = []
    for call in unit.blocks:
        if parts and _signature(net, parts[-1][0]) == _signature(net, call):
            parts[-1].append(call)
        else:
            parts.append([call])
    return parts


def children(net: Net, call: Call) -> list[str]:
    """The names of the nodes and calls directly in a block in order, of a part for each call without its number."""
    return [_child(item if isinstance(item, Call) else net.nodes[item]) for item in call.body]


def _child(part: Node | Call) -> str:
    return part.path.split(".")[-2] if part.per_call else part.name


def _signature(net: Net, call: Call) -> tuple[Any, ...]:
    return tuple(_values(call).items()), tuple(children(net, call))


def _extras(net: Net, call: Call, parts: list[list[Call]]) -> str:
    shared = set.intersection(*(set(children(net, part[0])) for part in parts))
    return ", ".join(name for name in children(net, call) if name not in shared)


def _values(call: Call) -> dict[str, str]:
    known = {a.name: plain(a.value) for a in call.arguments}
    return {key: _value(value) for key, value in known.items() if isinstance(value, int | float | str | tuple)}


def _is_given(call: Call, key: str) -> bool:
    argument = next(a for a in call.arguments if a.name == key)
    return not argument.has_default or plain(argument.value) != plain(argument.default)


def _value(value: Any) -> str:
    return TIMES.join(map(str, value)) if isinstance(value, tuple) else str(value)


def _shorten(names: list[str]) -> dict[str, str]:
    """Names without the words that all of them begin with; a number is never cut."""
    same = takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
    prefix = re.sub(r"[0-9]+$", "", "".join(letters[0] for letters in same)) if len(names) > 1 else ""
    return {name: name[len(prefix) :] or name for name in names}


def _fills_stack(net: Net, unit: Unit) -> bool:
    """Whether a unit is all of the stack that it stands in."""
    stack = unit.pieces[0].stack
    return bool(stack) and sum(node.path.startswith(f"{stack}.") for node in net.nodes) == len(unit.nodes)


def _range(net: Net, unit: Unit) -> str:
    """Where a unit stands: the stack that it fills, or its first and its last path."""
    if _fills_stack(net, unit):
        return unit.pieces[0].stack
    first, last = unit.pieces[0].path, unit.pieces[-1].path
    parent = first.rpartition(".")[0]
    if first == last:
        return first
    return f"{first} {DASH} {last.removeprefix(f'{parent}.') if parent else last}"
