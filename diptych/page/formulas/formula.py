"""A formula as data, its numbers as TeX, and TeX as MathML, which browsers and screen readers know by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from html import escape

from markupsafe import Markup

from ...common.spec import Node

Nodes = tuple[Node, ...]
COMMA = "</mn><mrow><mo>&#x0002C;</mo></mrow><mn>"
"""What becomes of the comma in 1{,}000, which is part of the number."""


@dataclass(frozen=True)
class Formula:
    """Lines of TeX under a title, what they say in words, and the path of the node or block that they are of."""

    title: str
    tex: tuple[str, ...]
    words: str = ""
    path: str = ""

    @property
    def lines(self) -> list[Markup]:
        """The lines as MathML, each with its TeX for a reader that knows none."""
        return [mathml(line) for line in self.tex]


@cache
def mathml(tex: str) -> Markup:
    """A line of TeX as a math element.

    >>> mathml("1{,}000").count("<mn>1,000</mn>")
    1
    """
    from latex2mathml.converter import convert

    made = convert(tex, display="block").replace(COMMA, ",")
    return Markup(made.replace("<math ", f'<math alttext="{escape(tex)}" ', 1))  # noqa: S704 - of our own TeX


def number(value: float) -> str:
    r"""A number as TeX, with commas in long ones and powers of ten for small ones.

    >>> number(9408), number(1e-5), number(1.001e-05), number(0.1)
    ('9{,}408', '10^{-5}', '1.001 \\cdot 10^{-5}', '0.1')
    """
    if value == int(value):
        return f"{int(value):,}".replace(",", "{,}")
    if abs(value) >= 0.01:
        return f"{value:.5g}"
    digits, _, power = f"{value:.4e}".partition("e")
    lead = f"{float(digits):g}"
    return (f"{lead} \\cdot " if lead != "1" else "") + f"10^{{{int(power)}}}"


def share(part: float, whole: float) -> str:
    """A part in percent.

    >>> share(1, 3), share(1, 4000)
    ('33.3', '0.025')
    """
    value = 100 * part / whole
    return f"{value:.1f}" if value >= 0.1 else f"{value:.2g}"


def product(*factors: float) -> str:
    """Factors as TeX with dots between them."""
    return r" \cdot ".join(number(factor) for factor in factors)


def map_of(shape: tuple[int, ...]) -> str:
    r"""A shape as TeX.

    >>> map_of((64, 56, 48))
    '64 \\times 56 \\times 48'
    """
    return r" \times ".join(number(int(length)) for length in shape)


def parameters(nodes: Iterator[Node] | Nodes) -> int:
    """The trainable numbers that these nodes own."""
    owned = (weight for node in nodes if not node.owner for weight in node.weights().values())
    return sum(int(weight.count) for weight in owned if weight.kind == "trainable")


def macs(node: Node) -> int:
    """The multiply-accumulates of a node for one image."""
    return int(node.op.macs(node.in_shapes, node.shape))
