"""Which layers of two models belong together, as a table of text."""

from __future__ import annotations

from collections.abc import Sequence

WIDEST = 48
"""Characters of a path in the first column; the second is as long as it is."""
ALONE, FIRST = "alone", "the first that differ"


def alignment_text(pairs: Sequence[tuple[str, str]], labels: Sequence[str], first: tuple[str, str] | None) -> str:
    """A line for each pair; "-" stands for the partner of a lone layer.

    >>> pairs = [("conv", "conv2d"), ("", "relu"), ("fc", "dense")]
    >>> print(alignment_text(pairs, ["PyTorch", "Keras"], ("fc", "dense")))
    PyTorch  Keras
    conv     conv2d
    -        relu    alone
    fc       dense   the first that differ
    """
    if not pairs:
        return "no layers were aligned: a model cannot be read"
    rows = [tuple(labels[:2]) or ("the first", "the second"), *pairs]
    widths = [min(max(len(row[place]) for row in rows), WIDEST) for place in (0, 1)]
    marks = ["", *(ALONE if "" in pair else FIRST if pair == first else "" for pair in pairs)]
    return "\n".join(
        f"{one or '-':<{widths[0]}}  {other or '-':<{widths[1]}}  {mark}".rstrip()
        for (one, other), mark in zip(rows, marks, strict=True)
    )
