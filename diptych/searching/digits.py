"""The space that is searched for the digits, their images, and the table of latencies that was measured for it.

The images have 8x8 pixels, of which FBNet's 22 layers would leave nothing. There are six layers here, with the nine
candidates of FBNet: three on maps of 4x4, and three that make maps of 2x2.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from ..common.search.candidates import FBNET
from ..common.search.costs import table_of
from ..common.search.space import Space, Stage, layers
from ..common.spec import Array
from ..common.trace import Value
from ..common.zoo.fbnet import classifier, conv_bn
from ..training.digits import digits

STEM = 16
STAGES = (Stage(16, 1, 3), Stage(32, 2, 3))
TABLE = "digits.json"


def digits_space(width: float = 1.0, depth: float = 1.0) -> Space:
    """Six layers of FBNet's candidates for images (1, 8, 8) of ten digits, or as many as a depth makes."""
    rows = layers(STAGES, STEM, FBNET, width=width, depth=depth)
    return Space("digits", (1, 8, 8), rows, _stem, _head, 10)


def _stem(x: Value) -> Value:
    return conv_bn(x, STEM, 3, 2, name="stem")


def _head(x: Value, num_classes: int) -> Value:
    return classifier(x, num_classes, name="head")


def small_digits() -> tuple[Array, Array, Array, Array]:
    """The images of `training.digits` as they were, (N, 1, 8, 8), and labels; then those that are held out."""
    images, labels, held, held_labels = digits()
    return images[..., ::4, ::4], labels, held[..., ::4, ::4], held_labels


def digits_latencies() -> dict[str, Any]:
    """The table of latencies of this space, as `python -m benchmarks.latency` measured it; it says on which machine."""
    home = files(__package__) / "latency" / TABLE
    return table_of(home.read_text(encoding="utf-8"), TABLE)
