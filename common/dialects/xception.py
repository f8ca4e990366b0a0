"""Xception: timm shares our names; keras.applications counts the modules from 2, and Keras names the shortcuts."""

from __future__ import annotations

from collections.abc import Iterator

from ..dialect import Dialect, rules, same

HALVING = (1, 2, 3, 12)
"""Our modules with a convolution as shortcut, in the order in which the source of keras.applications makes them."""


def _module(ours: str, theirs: str, first: int) -> Iterator[tuple[str, str]]:
    """Rules of a module; but for the first, a ReLU stands in front of each convolution."""
    for number in (1, 2, 3):
        place = first + 3 * (number - 1)
        yield f"{ours}.rep.{place}.conv1", f"{theirs}_sepconv{number}#0"
        yield f"{ours}.rep.{place}.pointwise", f"{theirs}_sepconv{number}#1"
        yield f"{ours}.rep.{place + 1}", f"{theirs}_sepconv{number}_bn"


KERAS = rules(
    ("conv{n+2}.conv1", "block14_sepconv{n}#0"),
    ("conv{n+2}.pointwise", "block14_sepconv{n}#1"),
    ("bn3", "block14_sepconv1_bn"),
    ("bn4", "block14_sepconv2_bn"),
    ("conv{n}", "block1_conv{n}"),
    ("bn{n}", "block1_conv{n}_bn"),
    *((f"block{block}.skip", f"conv2d_{number}" if number else "conv2d") for number, block in enumerate(HALVING)),
    *(
        (f"block{block}.skipbn", f"batch_normalization_{number}" if number else "batch_normalization")
        for number, block in enumerate(HALVING)
    ),
    *_module("block1", "block2", 0),
    *_module("block{n}", "block{n+1}", 1),
    ("fc", "predictions"),
)

DIALECTS = (
    *same("timm", xception="legacy_xception"),
    Dialect("keras.applications", "xception.keras", "Xception", KERAS),
)
