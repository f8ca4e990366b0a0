"""Normalisation, and activations that have a formula of their own."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ...common.language import gettext
from ...common.ops.batch_norm import BatchNorm
from ...common.spec import Net
from .formula import Formula, Nodes, number

ACTIVATIONS = {
    "relu6": ("ReLU6", r"\min(\max(x, 0), 6)"),
    "leaky_relu": ("Leaky ReLU", r"\max(x, {slope}\,x)"),
    "silu": ("Swish (SiLU)", r"x \cdot \sigma(x) = \frac{{x}}{{1 + e^{{-x}}}}"),
    "hard_swish": ("Hard swish", r"x \cdot \frac{{\min(\max(x + 3, 0), 6)}}{{6}}"),
    "mish": ("Mish", r"x \cdot \tanh(\ln(1 + e^x))"),
    "scaled_tanh": ("Scaled tanh", r"{amplitude} \cdot \tanh({slope}\,x)"),
    "tanh": ("Tanh", r"\tanh(x) = \frac{{e^x - e^{{-x}}}}{{e^x + e^{{-x}}}}"),
    "elu": ("ELU", r"\max(x, 0) + {alpha}\,(e^{{\min(x, 0)}} - 1)"),
    "relu": ("ReLU", r"\max(x, 0)"),
}
"""Kind -> name and formula; the first of these that a network has most is shown."""


def batch_normalisation(net: Net, nodes: Nodes) -> Formula | None:
    """Epsilon and momentum as the network has them, and what one layer holds."""
    norms = [node for node in nodes if isinstance(node.op, BatchNorm)]
    if not norms:
        return None
    node, forms = norms[0], Counter((node.op.eps, node.op.momentum) for node in norms if isinstance(node.op, BatchNorm))
    (eps, momentum), _ = forms.most_common(1)[0]
    scale = isinstance(node.op, BatchNorm) and node.op.scale
    channels, gamma = int(node.shape[0]), r"\gamma\," if scale else ""
    lines = (
        rf"y = {gamma}\frac{{x - \mu}}{{\sqrt{{\sigma^2 + {number(eps)}}}}} + \beta",
        rf"\mu \leftarrow {number(round(1 - momentum, 10))}\,\mu + {number(momentum)}\,\mu_{{\text{{batch}}}}",
    )
    said = gettext(
        "{count} layers. Of {path}: {trained} trained numbers and {kept} running ones for {channels} "
        "channels. PyTorch calls {momentum} the momentum, Keras {rest}."
    ).format(
        count=len(norms),
        path=node.path,
        trained=(1 + scale) * channels,
        kept=2 * channels,
        channels=channels,
        momentum=f"{momentum:g}",
        rest=f"{round(1 - momentum, 10):g}",
    )
    if len(forms) > 1:
        others = "; ".join(f"{e:g}, {m:g} ({count})" for (e, m), count in forms.most_common()[1:])
        said += " " + gettext("Epsilon and momentum of the others: {others}.").format(others=others)
    return Formula(gettext("Batch normalisation"), lines, said, node.path)


def response_normalisation(net: Net, nodes: Nodes) -> Formula | None:
    """Local response normalisation with the network's own constants."""
    node = next((node for node in nodes if node.kind == "local_response_norm"), None)
    if node is None:
        return None
    op: Any = node.op
    line = (
        rf"y_c = \frac{{x_c}}{{\left({number(op.k)} + \frac{{{number(op.alpha)}}}{{{op.size}}}"
        rf"\sum_{{i = c - {op.size // 2}}}^{{c + {(op.size - 1) // 2}}} x_i^2\right)^{{{number(op.beta)}}}}}"
    )
    said = gettext(
        "Over {size} neighbouring channels. TensorFlow does not divide by the size, PyTorch and Caffe do."
    ).format(size=op.size)
    return Formula(gettext("Local response normalisation {path}").format(path=node.path), (line,), said, node.path)


def activation(net: Net, nodes: Nodes) -> Formula | None:
    """The activation that stands most often, gates left out."""
    counts = Counter(node.kind for node in nodes if node.kind in ACTIVATIONS)
    if not counts:
        return None
    kind, count = counts.most_common(1)[0]
    node = next(node for node in nodes if node.kind == kind)
    name, tex = ACTIVATIONS[kind]
    op: Any = node.op
    values = {key: number(getattr(op, key)) for key in ("slope", "amplitude", "alpha") if hasattr(op, key)}
    line = f"f(x) = {tex.format(**values)}"
    said = gettext("It stands {count} times in this network, first as {path}.").format(count=count, path=node.path)
    return Formula(gettext("Activation: {name}").format(name=name), (line,), said, node.path)
