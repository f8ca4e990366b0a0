"""What moves a window: convolutions, pools, and what makes a convolution cheaper; and the layer at the end."""

from __future__ import annotations

from typing import Any, cast

from ...common.geometry import resolved
from ...common.language import gettext
from ...common.ops.conv import Conv
from ...common.spec import Net, Node
from .formula import Formula, Nodes, macs, map_of, number, parameters, product, share


def convolution(net: Net, nodes: Nodes) -> Formula | None:
    """Size, parameters and multiply-accumulates of the first convolution that looks at more than one pixel."""
    node = next((node for node in _convs(nodes) if max(_conv(node).kernel) > 1), None)
    if node is None:
        return None
    op, (channels, height, width) = _conv(node), node.in_shapes[0]
    pads = op.explicit((height, width))
    inside, count = channels // op.groups, parameters((node,))
    weights = product(op.channels, inside, *op.kernel) + (f" + {number(op.channels)}" if op.bias else "")
    lines = [_axis("H'", height, op, pads[:2])]
    lines += [_axis("W'", width, op, pads[2:])] if (height, *pads[:2]) != (width, *pads[2:]) else []
    lines += [rf"\text{{{gettext('parameters')}}} = {weights} = {number(count)}"] if not node.owner else []
    lines += [rf"\text{{MACs}} = {product(*node.shape[1:], op.channels, inside, *op.kernel)} = {number(macs(node))}"]
    said = gettext("Input size plus the pads of both sides, less the kernel, in steps of the stride.")
    if op.pads == "same":
        said += " " + gettext(
            "SAME: the pads follow from the size of the image, here {before} before and {after} after; "
            "PyTorch has no such rule for a stride above 1, so that they are written out there."
        ).format(before=pads[0], after=pads[1])
    return Formula(gettext("Convolution {path}").format(path=node.path), tuple(lines), said, node.path)


def pooling(net: Net, nodes: Nodes) -> Formula | None:
    """The size of the first pool, and which way it rounds."""
    node = next((node for node in nodes if node.kind in ("max_pool", "avg_pool")), None)
    if node is None:
        return None
    op: Any = node.op
    _, height, width = node.in_shapes[0]
    pads = resolved(op.pads, (height, width), op.kernel, op.stride)
    rounds = "ceil" if op.ceil_mode else "floor"
    said = gettext("The last window may hang over the edge (ceil mode).") if op.ceil_mode else ""
    if node.kind == "avg_pool" and any(pads):
        counted = gettext("Zeros of the padding count in the mean.")
        said = counted if op.count_include_pad else gettext("Zeros of the padding do not count in the mean.")
    line = _axis("H'", height, op, pads[:2], rounds, int(node.shape[1]))
    return Formula(gettext("Pool {path}").format(path=node.path), (line,), said, node.path)


def factors(net: Net, nodes: Nodes) -> Formula | None:
    """A square kernel as a row and a column."""
    for node in _convs(nodes):
        high, wide = _conv(node).kernel
        if high != wide and min(high, wide) == 1 and max(high, wide) > 1:
            size = max(high, wide)
            line = (
                rf"\frac{{1 \cdot {size} + {size} \cdot 1}}{{{size} \cdot {size}}} = "
                rf"\frac{{{2 * size}}}{{{size * size}}} = {2 / size:.3g}"
            )
            said = gettext(
                "A row and a column see what a square of {size} pixels sees, at this part of its cost."
            ).format(size=size)
            return Formula(gettext("Kernels in factors, as {path}").format(path=node.path), (line,), said, node.path)
    return None


def grouped(net: Net, nodes: Nodes) -> Formula | None:
    """What groups save: the first convolution in groups that is not depthwise."""
    for node in _convs(nodes):
        op, channels = _conv(node), int(node.in_shapes[0][0])
        if 1 < op.groups < channels and nodes[node.inputs[0]].kind != "channel_gather":
            own = op.channels * (channels // op.groups) * op.kernel[0] * op.kernel[1]
            line = (
                rf"\frac{{{product(op.channels)} \cdot \frac{{{number(channels)}}}{{{op.groups}}}"
                rf" \cdot {product(*op.kernel)}}}"
                rf"{{{product(op.channels, channels, *op.kernel)}}} = "
                rf"\frac{{{number(own)}}}{{{number(own * op.groups)}}} = \frac{{1}}{{{op.groups}}}"
            )
            said = gettext("{groups} groups: each output channel reads {inside} of {channels} input channels.").format(
                groups=op.groups, inside=channels // op.groups, channels=channels
            )
            return Formula(gettext("Grouped convolution {path}").format(path=node.path), (line,), said, node.path)
    return None


def shuffled(net: Net, nodes: Nodes) -> Formula | None:
    """Where a shuffle puts each channel."""
    node = next((node for node in nodes if node.kind == "channel_shuffle"), None)
    if node is None:
        return None
    op: Any = node.op
    channels, groups = int(node.shape[0]), int(op.groups)
    size = channels // groups
    line = rf"c \mapsto (c \bmod {size}) \cdot {groups} + \left\lfloor \frac{{c}}{{{size}}} \right\rfloor"
    said = gettext(
        "{channels} channels in {groups} groups of {size}: the next grouped convolution reads some of every group."
    ).format(channels=channels, groups=groups, size=size)
    return Formula(gettext("Channel shuffle {path}").format(path=node.path), (line,), said, node.path)


def separable(net: Net, nodes: Nodes) -> Formula | None:
    """A depthwise convolution and the 1x1 after it, against one convolution that does both."""
    deep = [node for node in _convs(nodes) if _conv(node).depthwise(node.in_shapes[0])]
    pairs = ((node, point) for node in deep if (point := _point_after(nodes, node)) is not None)
    node, point = next(pairs, (None, None))
    if node is None or point is None:
        return None
    op, wide = _conv(node), _conv(point).channels
    own, _, area = macs(node) + macs(point), node.in_shapes[0], int(node.shape[1]) * int(node.shape[2])
    middle, size = int(node.shape[0]), op.kernel[0] * op.kernel[1]
    full = area * size * int(node.in_shapes[0][0]) * wide
    kernel = rf"{op.kernel[0]} \cdot {op.kernel[1]}"
    lines = (
        rf"\frac{{{kernel} \cdot {number(middle)} + {product(middle, wide)}}}{{{kernel} \cdot {product(middle, wide)}}}"
        rf" = \frac{{1}}{{{number(wide)}}} + \frac{{1}}{{{size}}} = {own / full:.3g}",
    )
    every = sum(map(macs, deep))
    said = gettext(
        "A filter for each of {middle} channels, then a 1x1 convolution to {wide}, against one "
        "convolution that does both. All depthwise convolutions together are {part} % of this "
        "network's MACs."
    ).format(middle=middle, wide=wide, part=share(every, net.macs))
    return Formula(gettext("Depthwise separable convolution {path}").format(path=node.path), lines, said, node.path)


def head(net: Net, nodes: Nodes) -> Formula | None:
    """The linear layer with the most parameters, and its share of all."""
    linear = [node for node in nodes if node.kind == "linear" and not node.owner]
    if not linear or not net.params:
        return None
    node = max(linear, key=lambda node: parameters((node,)))
    op: Any = node.op
    inside, count = int(node.in_shapes[0][0]), parameters((node,))
    bias = f" + {number(op.features)}" if op.bias else ""
    line = rf"{product(inside, op.features)}{bias} = {number(count)}"
    read = f"{map_of(op.folded)} = {number(inside)}" if op.folded and op.folded[1:] != (1, 1) else ""
    said = gettext("{part} % of all {whole} parameters.").format(part=share(count, net.params), whole=f"{net.params:,}")
    return Formula(
        gettext("Linear layer {path}").format(path=node.path), tuple(filter(None, (read, line))), said, node.path
    )


def _axis(name: str, size: int, op: Any, pads: tuple[int, ...], rounds: str = "floor", answer: int = 0) -> str:
    """The size of an output on one axis; `answer` is what the op itself says, where ceil mode may drop a window."""
    axis = 0 if name == "H'" else 1
    kernel, stride, dilation = op.kernel[axis], op.stride[axis], getattr(op, "dilation", (1, 1))[axis]
    reach = rf"{dilation} \cdot ({kernel} - 1) - 1" if dilation > 1 else f"{kernel}"
    inner = " + ".join(map(number, (size, *filter(None, pads)))) + f" - {reach}"
    result = answer or (size + sum(pads) - dilation * (kernel - 1) - 1) // stride + 1
    return rf"{name} = \left\l{rounds} \frac{{{inner}}}{{{stride}}} \right\r{rounds} + 1 = {number(result)}"


def _convs(nodes: Nodes) -> list[Node]:
    return [node for node in nodes if isinstance(node.op, Conv)]


def _conv(node: Node) -> Conv:
    op: Any = node.op
    return cast(Conv, op)


def _point_after(nodes: Nodes, node: Node) -> Node | None:
    """The 1x1 convolution that reads a node, through what only follows it, and a gate on the way."""
    readers: dict[int, list[int]] = {}
    for index, other in enumerate(nodes):
        for source in other.inputs:
            readers.setdefault(source, []).append(index)
    at = nodes.index(node)
    while found := [index for index in readers.get(at, []) if nodes[index].shape[1:] == nodes[at].shape[1:]]:
        if len(found) > 1:
            return None
        at = found[0]
        if isinstance(op := nodes[at].op, Conv):
            return nodes[at] if op.kernel == (1, 1) and op.groups == 1 else None
        if nodes[at].op.role != "follower" and nodes[at].kind != "multiply":
            return None
    return None
