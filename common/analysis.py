"""The table of a network: shapes, parameters, multiply-accumulates, receptive field and kept activations per node."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from .language import marked
from .spec import Net, Node, Op, Shape

RULE = marked(
    "kept values: what one image leaves in memory for the backward pass, in float32 (4 bytes). They are the input and "
    "one tensor per op that does not write over its input; activations, dropout, flatten and an adaptive pool that "
    "changes nothing write over theirs"
)
BYTES = 4
Field = tuple[float, float]

SHOWN_FIRST = ("kernel", "stride", "channels", "features", "pads")
NOT_SHOWN = ("bias", "folded", "source", "momentum")


@dataclass(frozen=True)
class Row:
    """One node: `shape` is (C, H, W) or (F,), `field` is (height, width) in input pixels or None for the whole input.

    `kept` counts the values that the node adds to the activation memory; `evaluated` is False for a training-only head.
    """

    path: str
    type: str
    shape: Shape
    parameters: int
    statistics: int
    buffers: int
    macs: int
    field: Field | None
    kept: int
    evaluated: bool = True

    def to_dict(self) -> dict[str, Any]:
        """The row as JSON values, with the shape in both layouts and the memory in bytes."""
        return {
            "layer": self.path,
            "type": self.type,
            "nchw": list(self.shape),
            "nhwc": list(nhwc(self.shape)),
            "parameters": self.parameters,
            "statistics": self.statistics,
            "buffers": self.buffers,
            "macs": self.macs,
            "receptive_field": None if self.field is None else list(self.field),
            "kept_values": self.kept,
            "kept_bytes": BYTES * self.kept,
            "evaluated": self.evaluated,
        }


def table(net: Net) -> list[Row]:
    """One row per node, the input included, in the order of the trace.

    The sum of `kept` is what the rule in RULE gives. The often-quoted "24M * 4 bytes = 96 MB" for VGG-16 (the notes of
    cs231n) does not follow from the rows it stands under: these add up to 15,237,608 values, or 61 MB.

    >>> from diptych.common.registry import spec
    >>> rows = table(spec("lenet5_modern"))
    >>> (rows[1].path, rows[1].type, rows[1].shape, rows[1].field)
    ('c1', 'conv 5x5, 6', (6, 28, 28), (5, 5))
    """
    evaluated = net.ancestors(net.evaluated_outputs)
    fields = receptive_fields(net)
    return [_row(node, fields[index], index in evaluated) for index, node in enumerate(net.nodes)]


def totals(rows: list[Row]) -> dict[str, int]:
    """The sums of a table; multiply-accumulates of training-only heads are left out, as in `Net.macs`."""
    sums = {key: sum(getattr(row, key) for row in rows) for key in ("parameters", "statistics", "buffers", "kept")}
    macs = sum(row.macs for row in rows if row.evaluated)
    return {**sums, "macs": macs, "kept_bytes": BYTES * sums["kept"], "parameter_bytes": BYTES * sums["parameters"]}


def receptive_fields(net: Net) -> list[Field | None]:
    """The input window (height, width) that one output of each node depends on; None where it is the whole input."""
    seen: list[tuple[Field, Field] | None] = []  # extent and jump, in input pixels
    for node in net.nodes:
        window = ((1, 1), (1.0, 1.0)) if node.op.unchanged(*node.in_shapes) else node.op.window(*node.in_shapes)
        parts = [seen[index] for place, index in enumerate(node.inputs) if place not in node.op.shape_only]
        if window is None or None in parts:
            seen.append(None)
            continue
        known = [part for part in parts if part is not None] or [((1.0, 1.0), (1.0, 1.0))]
        extents, jumps = zip(*known, strict=True)
        seen.append(_widened((_largest(extents), _largest(jumps)), *window))
    return [part and _tidy(part[0]) for part in seen]


def nhwc(shape: Shape) -> Shape:
    """(C, H, W) as (H, W, C); a vector as it is."""
    return (*shape[1:], shape[0])


def described(op: Op) -> str:
    """An op with its main fields, readable: "conv 3x3 / 2, 64, pad 1"."""
    values = {f.name: getattr(op, f.name) for f in dataclasses.fields(op)}
    head = op.kind + (f" {_joined(values['kernel'])}" if "kernel" in values else "")
    if values.get("stride", (1, 1)) != (1, 1):
        head += f" / {_joined(values['stride'], '1')}"
    widths = [str(int(values[key])) for key in ("channels", "features") if key in values]
    if "kernel" not in values:
        head, widths = " ".join([head, *widths]), []
    parts = widths + _pads(values.get("pads", (0, 0, 0, 0)))
    parts += [_part(f.name, values[f.name]) for f in dataclasses.fields(op) if _shown(f, values[f.name])]
    return ", ".join([head, *parts])


def _row(node: Node, field: Field | None, evaluated: bool) -> Row:
    owned = [] if node.owner else list(node.weights().values())
    kinds = ("trainable", "statistic", "buffer")
    parameters, statistics, buffers = (sum(int(w.count) for w in owned if w.kind == kind) for kind in kinds)
    shape = tuple(int(n) for n in node.shape)
    macs = int(node.op.macs(node.in_shapes, node.shape))
    kept = 0 if node.op.inplace or node.op.unchanged(*node.in_shapes) else _count(shape)
    text = "input" if node.kind == "input" else described(node.op)
    return Row(node.path, text, shape, parameters, statistics, buffers, macs, field, kept, evaluated)


def _count(shape: Shape) -> int:
    total = 1
    for length in shape:
        total *= length
    return total


def _widened(part: tuple[Field, Field], extent: tuple[int, int], stride: Field) -> tuple[Field, Field]:
    (height, width), (down, across) = part
    wider = (height + (extent[0] - 1) * down, width + (extent[1] - 1) * across)
    return wider, (down * stride[0], across * stride[1])


def _largest(fields: tuple[Field, ...]) -> Field:
    return max(f[0] for f in fields), max(f[1] for f in fields)


def _tidy(field: Field) -> Field:
    height, width = (int(size) if size == int(size) else round(size, 3) for size in field)
    return height, width


def _shown(field: dataclasses.Field[Any], value: Any) -> bool:
    return field.name not in (*SHOWN_FIRST, *NOT_SHOWN) and value != field.default


def _part(name: str, value: Any) -> str:
    if value is True:
        return name
    if isinstance(value, tuple):
        return f"{name} {_joined(value) if len(value) <= 3 else f'of {len(value)}'}"
    return f"no {name}" if value is False else f"{name} {format(value, 'g') if isinstance(value, float) else value}"


def _pads(pads: Any) -> list[str]:
    if pads == "same":
        return ["pad same"]
    if not isinstance(pads, tuple) or not any(pads):
        return []
    top, bottom, left, right = pads
    even = (top, left) == (bottom, right)
    return [f"pad {_joined((top, left), '1') if even else ' '.join(str(int(n)) for n in pads)}"]


def _joined(values: Any, equal: str = "") -> str:
    """Numbers joined by x; with `equal`, equal ones as one."""
    texts = [str(value) for value in values]
    return texts[0] if equal and len(set(texts)) == 1 else "x".join(texts)
