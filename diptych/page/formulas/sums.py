"""What joins maps: residual sums, branches that are concatenated, dense growth, and branches that are merged."""

from __future__ import annotations

from typing import Any

from ...common.language import gettext
from ...common.ops.batch_norm import BatchNorm
from ...common.ops.conv import Conv
from ...common.spec import Call, Net, Node
from .formula import Formula, Nodes, map_of, number, parameters, product

LEAST = 3
"""So many branches make a module, and so many steps of the same size a dense block."""


def residual(net: Net, nodes: Nodes) -> Formula | None:
    """The first sum of a block with its own input, how many there are, and how many project the shortcut."""
    homes = {index: call for call in net.root.walk() if call.path for index in call.own_nodes()}
    sums = [index for index, node in enumerate(nodes) if node.kind == "add" and index in homes]
    plain = [index for index in sums if _shortcut(homes[index], nodes, index) is not None]
    if not plain:
        return None
    index = plain[0]
    node, call = nodes[index], homes[index]
    factor = _factor(nodes, index)
    follows = [other.kind for other in nodes if other.inputs == (index,)]
    total = rf"{number(factor)}\,F(x) + x" if factor else "F(x) + x"
    line = rf"y = \operatorname{{ReLU}}({total})" if follows == ["relu"] else f"y = {total}"
    inside = parameters(tuple(nodes[i] for i in _within(call)))
    kept = rf"x,\ y \in \mathbb{{R}}^{{{map_of(node.shape)}}}"
    said = gettext("In {path} the block F has {inside} parameters and the shortcut none.").format(
        path=call.path, inside=f"{inside:,}"
    )
    said += " " + gettext(
        "Of {all} sums in the blocks of this network {plain} take the block's input as it is."
    ).format(plain=len(plain), all=len(sums))
    return Formula(gettext("Residual sum {path}").format(path=node.path), (line, kept), said, node.path)


def merging(net: Net, nodes: Nodes) -> Formula | None:
    """Three branches of a RepVGG block as one kernel: the first block with an identity."""
    for call in net.root.walk():
        own = [nodes[i] for i in _within(call)]
        convs = [node for node in own if isinstance(node.op, Conv)]
        names = {node.path for node in own if isinstance(node.op, BatchNorm) and node.inputs == call.inputs}
        parallel = convs and all(node.inputs == call.inputs for node in convs)
        if call.style == "stack" or not names or not parallel or {_kernel(node) for node in convs} != {(3, 3), (1, 1)}:
            continue
        wide, inside = int(own[-1].shape[0]), int(convs[0].in_shapes[0][0])
        before = parameters(tuple(own))
        op: Any = convs[0].op
        after = wide * (inside // op.groups) * 9 + wide
        lines = (
            r"W = \frac{\gamma_3}{\sqrt{\sigma_3^2 + \varepsilon}} W_{3 \times 3} + "
            r"\frac{\gamma_1}{\sqrt{\sigma_1^2 + \varepsilon}} W_{1 \times 1} + "
            r"\frac{\gamma_0}{\sqrt{\sigma_0^2 + \varepsilon}} I",
            rf"{number(before)} \rightarrow "
            rf"{product(wide, inside // op.groups, 3, 3)} + {number(wide)} = {number(after)}",
        )
        said = gettext(
            "Each branch is linear, so that the sum of the three is one 3x3 convolution with a bias: "
            "`diptych` merges them exactly. The 1x1 kernel and the identity stand in the middle of the "
            "3x3."
        )
        return Formula(gettext("Branches merged, {path}").format(path=call.path), lines, said, call.path)
    return None


def growth(net: Net, nodes: Nodes) -> Formula | None:
    """Dense blocks: concatenations that add the same number of channels again and again."""
    runs = [run for run in _dense(nodes) if len(run) > LEAST]
    if not runs:
        return None
    run = runs[0]
    start, step = (int(nodes[index].shape[0]) for index in run[0].inputs)
    line = rf"c_\ell = {number(start)} + {number(step)}\,\ell"
    last = rf"c_{{{len(run)}}} = {number(start)} + {product(len(run), step)} = {number(start + step * len(run))}"
    said = gettext(
        "A layer adds {step} channels (the growth rate) to all before it. This network has {blocks} "
        "dense blocks, of {layers} layers."
    ).format(step=step, blocks=len(runs), layers=", ".join(str(len(run)) for run in runs))
    return Formula(gettext("Dense concatenation {path}").format(path=run[0].path), (line, last), said, run[0].path)


def branches(net: Net, nodes: Nodes) -> Formula | None:
    """The first concatenation of three branches or more."""
    node = next((node for node in nodes if node.kind == "concat" and len(node.inputs) >= LEAST), None)
    if node is None:
        return None
    widths = [int(nodes[index].shape[0]) for index in node.inputs]
    line = f"{' + '.join(map(number, widths))} = {number(sum(widths))}"
    said = gettext("Channels of the branches side by side, at {shape} pixels each.").format(
        shape=" x ".join(str(int(n)) for n in node.shape[1:]) or "1"
    )
    return Formula(gettext("Concatenation {path}").format(path=node.path), (line,), said, node.path)


def _dense(nodes: Nodes) -> list[list[Node]]:
    """Runs of concatenations of two, each of the one before it and as many new channels."""
    runs: list[list[Node]] = []
    for node in nodes:
        if node.kind != "concat" or len(node.inputs) != 2:
            continue
        before, added = (nodes[index] for index in node.inputs)
        goes_on = runs and before is runs[-1][-1] and added.shape[0] == nodes[runs[-1][-1].inputs[1]].shape[0]
        if goes_on:
            runs[-1].append(node)
        else:
            runs.append([node])
    return runs


def _shortcut(call: Call, nodes: Nodes, index: int) -> int | None:
    """The input of the block that a sum takes as it is, if it does."""
    return next((source for source in nodes[index].inputs if source in call.inputs), None)


def _factor(nodes: Nodes, index: int) -> float:
    """The fixed factor of what is added, 0 where there is none."""
    ops: list[Any] = [nodes[source].op for source in nodes[index].inputs]
    return next((op.factor for op in ops if op.kind == "rescale" and not op.offset), 0.0)


def _within(call: Call) -> list[int]:
    return [index for inner in call.walk() for index in inner.own_nodes()]


def _kernel(node: Node) -> tuple[int, int]:
    op: Any = node.op
    return int(op.kernel[0]), int(op.kernel[1])
