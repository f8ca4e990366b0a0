"""Networks side by side, by their sums."""

from __future__ import annotations

from collections.abc import Sequence

from . import analysis
from .ops import kinds, op_class
from .registry import network
from .spec import Net
from .text import shape_text


def compared(nets: Sequence[Net]) -> list[dict[str, str]]:
    """For each network the same properties, as text to be read."""
    return [_properties(net) for net in nets]


def _properties(net: Net) -> dict[str, str]:
    item, rows = network(net.name), analysis.table(net)
    sums = analysis.totals(rows)
    made_of = [node.kind for node in net.nodes]
    fields = [row.field for row in rows if row.field]
    options = ", ".join(f"{key}={value}" for key, value in net.options)
    return {
        "title": net.title,
        "form of": item.source,
        "year": str(item.card.paper.year),
        "options": options or "-",
        "input": shape_text(net.input_shape),
        "parameters": f"{sums['parameters']:,}",
        "running statistics": f"{sums['statistics']:,}",
        "MACs": f"{sums['macs']:,}",
        "kept values": f"{sums['kept']:,}",
        "weights in float32": f"{sums['parameter_bytes'] / 1e6:,.1f} MB",
        "kept in float32": f"{sums['kept_bytes'] / 1e6:,.1f} MB",
        **{f"{kind} layers": str(made_of.count(kind)) for kind in kinds() if op_class(kind).deepens},
        "depth": str(depth(net)),
        "receptive field": "x".join(f"{max(sizes):g}" for sizes in zip(*fields, strict=True)) if fields else "-",
        "smallest map": shape_text(min((row.shape[1:] for row in rows if len(row.shape) == 3), default=())),
    }


def depth(net: Net) -> int:
    """The most convolutions and linear layers on one way from the image to the first output.

    >>> from diptych.common.registry import spec
    >>> depth(spec("resnet50")), depth(spec("vgg16"))
    (50, 16)
    """
    deep: list[int] = []
    for node in net.nodes:
        deep.append(max((deep[index] for index in node.inputs), default=0) + node.op.deepens)
    return deep[net.outputs[0]]
