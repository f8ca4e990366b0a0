"""The README's picture: one block of ResNet-50 in both languages, line by line, and what its check measured."""

from __future__ import annotations

import re
from html import escape

import diptych
from writers import ROOT, Written

PATH = ROOT / "docs" / "pictures" / "front.svg"
NETWORK, CLASS = "resnet50", r"class Bottleneck\("
ROW, LEFT, LETTER = 17, 14, 7.3
"""In pixels: the height of a line, the margin beside it, and the width of a letter."""
STYLE = """<style>
rect { fill: #ffffff; stroke: #d0d7de; }
text { font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; fill: #1f2328; white-space: pre; }
.head { font: 600 14px system-ui, sans-serif; }
.said { font: 13px system-ui, sans-serif; }
.torch { fill: #c2410c; }
.keras { fill: #0f766e; }
.other { fill: #9a3412; font-weight: 600; }
.proof { fill: #15803d; }
</style>"""


def block(text: str) -> list[str]:
    """The lines of the class in a printed source, without its docstring and the empty ones at the end."""
    (found,) = re.findall(rf"^{CLASS}.*?(?=^\S)", text, re.MULTILINE | re.DOTALL)
    head, _, *lines = str(found).rstrip().splitlines()
    return [head, *lines[not lines[0] :]]


def measured() -> list[str]:
    """The cells of the network's row in docs/checks.md."""
    text = (ROOT / "docs" / "checks.md").read_text(encoding="utf-8")
    (row,) = re.findall(rf"^\| `{NETWORK}` \|.*$", text, re.MULTILINE)
    return [cell.strip() for cell in str(row).strip("|").split("|")]


def panel(lines: list[str], other: list[str], x: int, width: int, title: str, kind: str) -> list[str]:
    """One side: its source, with the words that the other side says otherwise in another colour."""
    height = ROW * len(lines) + 46
    made = [f'<rect x="{x}" y="8" width="{width}" height="{height}" rx="8"/>']
    made += [f'<text x="{x + LEFT}" y="32" class="head {kind}">{title}</text>']
    for place, (mine, theirs) in enumerate(zip(lines, other, strict=True)):
        words = re.split(r"(\W+)", theirs)
        spans = [
            f'<tspan class="other">{escape(word)}</tspan>'
            if re.match(r"\w", word) and word not in words
            else escape(word)
            for word in re.split(r"(\W+)", mine)
        ]
        made.append(f'<text x="{x + LEFT}" y="{56 + ROW * place}" xml:space="preserve">{"".join(spans)}</text>')
    return made


def written() -> Written:
    """The picture, as SVG."""
    torch, keras = (block(diptych.source(NETWORK, side)) for side in ("torch", "tf"))
    forward, gradients, training = measured()[3:6]
    wide = round(2 * LEFT + LETTER * max(map(len, torch + keras)))
    end = ROW * len(torch) + 46 + 8
    said = (
        f"diptych check {NETWORK}   the same function: outputs {forward}, gradients {gradients}, training {training} "
        "apart (float64, tolerance 1e-10)"
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * wide + 32} {end + 52}" role="img">',
        "<title>One block of ResNet-50 in PyTorch and in Keras, and what the check of both measured</title>",
        STYLE,
        *panel(torch, keras, 8, wide, "PyTorch, (N, C, H, W)", "torch"),
        *panel(keras, torch, wide + 24, wide, "Keras on TensorFlow, (N, H, W, C)", "keras"),
        f'<rect x="8" y="{end + 8}" width="{2 * wide + 16}" height="36" rx="8"/>',
        f'<text x="{8 + LEFT}" y="{end + 31}" class="said proof">{escape(said)}</text>',
        "</svg>",
    ]
    return Written({PATH: "\n".join(parts) + "\n"})
