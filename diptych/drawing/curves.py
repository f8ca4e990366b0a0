"""Two curves of a training above each other: the losses of both frameworks, and by how much they differ."""

from __future__ import annotations

import io
from pathlib import Path

from ..common.errors import DiptychError
from ..files.atomic import check_destination, replacing
from ..training.curves import Curves
from ..training.sides import LABELS
from .plot import SUFFIXES, pyplot, without_date


def check_curves(output: Path, *, force: bool = False) -> None:
    """Raise DiptychError where curves cannot be written there, or cannot be drawn here."""
    if output.suffix not in SUFFIXES:
        got = output.suffix or "a name without suffix"
        raise DiptychError(f"{output}: curves are written as {', '.join(SUFFIXES)}, not {got}")
    check_destination(output, force=force)
    pyplot()


def write_curves(curves: Curves, output: Path, *, force: bool = False) -> None:
    """Write the sheet: losses, and for both frameworks the relative difference on a logarithmic scale."""
    check_curves(output, force=force)
    plt, gaps = pyplot(), curves.gaps
    with plt.rc_context({"svg.hashsalt": "diptych", "font.size": 9}):
        figure, axes = plt.subplots(
            2 if gaps else 1, 1, figsize=(8, 6 if gaps else 4), layout="constrained", squeeze=False
        )
        losses = axes[0][0]
        for side, style in zip(curves.sides, ("-", "--"), strict=False):
            losses.plot(range(1, len(curves.losses[side]) + 1), curves.losses[side], style, label=LABELS[side])
        losses.set(xlabel="step", ylabel="loss", title=f"{curves.network}: trained on the same batches")
        losses.legend()
        if gaps:
            floor = [max(gap, 1e-17) for gap in gaps]  # 0 has no place on a logarithmic scale
            axes[1][0].semilogy(range(1, len(gaps) + 1), floor, color="C2")
            axes[1][0].set(xlabel="step", ylabel="difference of the loss, relative")
        drawn = io.BytesIO()
        figure.savefig(drawn, format=output.suffix[1:], dpi=120, metadata=without_date(output.suffix))
        plt.close(figure)
    with replacing(output, force=force) as path:
        path.write_bytes(drawn.getvalue())
