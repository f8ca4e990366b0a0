"""The command that trains a network in both frameworks at once: train."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ..common.language import gettext
from .options import Force, Registered
from .quiet import native_stderr_kept
from .streams import say

if TYPE_CHECKING:
    from ..training.curves import Curves

DATA = "Images to train on: digits, the 1,797 handwritten ones that scikit-learn has."
Epochs = Annotated[int, typer.Option(help="How often all images are seen.", min=1)]
Steps = Annotated[int | None, typer.Option(help="Stop after so many batches.", min=1)]


def train(
    name: Registered,
    data: Annotated[Literal["digits"], typer.Option(help=DATA)] = "digits",
    framework: Annotated[Literal["torch", "tf", "keras", "both"], typer.Option(help="One of them, or both.")] = "both",
    optimizer: Annotated[
        str, typer.Option(help="sgd, nesterov, adam, adamw, rmsprop, adagrad, lamb and more.")
    ] = "adam",
    rate: Annotated[float | None, typer.Option(help="The learning rate, of any optimiser.")] = None,
    epochs: Epochs = 1,
    batch: Annotated[int, typer.Option(help="Images of a batch.", min=2)] = 32,
    steps: Steps = None,
    dtype: Annotated[Literal["float32", "float64"], typer.Option(help="In which both compute.")] = "float32",
    output: Annotated[
        Path | None, typer.Option("-o", help="Draw both curves and their difference: .png, .svg.")
    ] = None,
    force: Force = False,
) -> None:
    """Train a network on the same batches in both frameworks, from the same bits, with the same dropout."""
    from ..common.training.named import optimiser
    from ..training.curves import run
    from ..training.digits import digits

    rule = optimiser(optimizer) if rate is None else optimiser(optimizer, rate=rate)
    if output is not None:
        from ..drawing.curves import check_curves

        check_curves(output, force=force)  # before minutes of work whose result could not be written after it
    sides = ("torch", "tf") if framework == "both" else ("torch" if framework == "torch" else "tf",)
    images, labels, held, held_labels = digits()
    with native_stderr_kept(), _shown() as shown:
        found = run(
            name, (images, labels), (held, held_labels), sides, rule, epochs=epochs, batch=batch, most=steps,
            dtype=dtype, shown=shown,
        )  # fmt: skip
    say(*found.lines())
    if output is not None:
        from ..drawing.curves import write_curves

        write_curves(found, output, force=force)
        say(gettext("wrote {path}").format(path=output))


@contextmanager
def _shown() -> Iterator[Callable[[Curves], None] | None]:
    """What shows the curves while they grow: a live view on a terminal, nothing in a pipe."""
    if not sys.stdout.isatty():
        yield None
        return
    from rich.live import Live
    from rich.text import Text

    with Live(refresh_per_second=4, transient=True) as live:
        yield lambda curves: live.update(Text("\n".join(curves.lines(live.console.width))))


COMMANDS: dict[str, Callable[..., None]] = {"train": train}
