"""The command that searches for a network: nas."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ..common.errors import DiptychError
from ..common.language import gettext, message
from ..waiting import waiting
from .options import Force
from .quiet import native_stderr_kept
from .streams import say

if TYPE_CHECKING:
    from ..common.search.costs import Costs
    from ..common.search.space import Space
    from ..searching.found import Course

DATA = "Images to search on: digits, the 1,797 handwritten ones that scikit-learn has, at 8x8 pixels."
BUDGET = (
    "What the network may cost: microseconds of one image (90, 90us, 0.09ms); with --cost macs a number (60k, 0.1M)."
)
COST = "What is counted: the latencies measured in a runtime, which the table names with its machine, or MACs."
SCALES: dict[str, tuple[str, float]] = {
    "us": ("us", 1.0),
    "ms": ("us", 1e3),
    "k": ("MACs", 1e3),
    "m": ("MACs", 1e6),
    "macs": ("MACs", 1.0),
}
"""What a budget may end in: its unit, and by how much it is multiplied."""


def nas(
    budget: Annotated[str, typer.Option(help=BUDGET)],
    data: Annotated[Literal["digits"], typer.Option(help=DATA)] = "digits",
    cost: Annotated[Literal["onnxruntime", "torch", "tf", "macs"], typer.Option(help=COST)] = "onnxruntime",
    table: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Latencies of your machine, by `python -m benchmarks.latency`.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the weights, the batches and the draws.", min=0)] = 0,
    framework: Annotated[Literal["torch", "tf", "keras"], typer.Option(help="In which the search runs.")] = "torch",
    epochs: Annotated[int, typer.Option(help="Of which a quarter trains the weights alone.", min=2)] = 8,
    temperature: Annotated[
        float, typer.Option(help="Of Gumbel-softmax in the first epoch; it falls from there.")
    ] = 5.0,
    width: Annotated[float, typer.Option(help="A factor of the channels of every layer.")] = 1.0,
    depth: Annotated[float, typer.Option(help="A factor of the layers of every stage.")] = 1.0,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE.json", help="Write the network: its spec as JSON.")
    ] = None,
    picture: Annotated[
        Path | None,
        typer.Option(help="Draw the probabilities of every layer, anew after each epoch: .png, .svg, .pdf."),
    ] = None,
    force: Force = False,
) -> None:
    """Search for a network within a budget: FBNet's differentiable search, over six layers of its nine candidates.

    The network is one like any other: `table`, `source`, `check`, `show` and `draw` take the JSON file.
    """
    from ..drawing.probabilities import check_probabilities, write_probabilities
    from ..files.atomic import check_destination, replacing
    from ..searching import Plan, Temperature, digits_space, search, small_digits

    plan = Plan(epochs=epochs, warm_up=max(epochs // 4, 1), temperature=Temperature(_positive(temperature)))
    if output is not None:  # before minutes of work whose result could not be written after them
        if output.suffix.lower() != ".json":
            raise DiptychError(message("{output}: the spec of a network is written as .json", output=output))
        check_destination(output, force=force)
    if picture is not None:
        check_probabilities(picture, force=force)
    space = digits_space(width, depth)
    costs = _costs(space, cost, table)
    allowed = budget_of(budget, costs.unit)
    images, labels, _, _ = small_digits()
    with native_stderr_kept(), _shown(picture) as progress:
        name = output.stem.replace("-", "_") if output is not None and output.stem.isidentifier() else None
        found = search(
            space, (images, labels), allowed, costs, framework=framework, plan=plan, seed=seed, name=name,
            progress=progress,
        )  # fmt: skip
    say(*found.lines())
    if picture is not None:
        write_probabilities(found.course, picture, choice=found.choice, force=True)
        say(gettext("wrote {path}").format(path=picture))
    if output is not None:
        with replacing(output, force=force) as path:
            path.write_text(found.net.to_json() + "\n", encoding="utf-8")
        say(gettext("wrote {path}").format(path=output))


def _positive(temperature: float) -> float:
    from ..common.search.setting import checked

    return checked(temperature)


def _costs(space: Space, cost: str, table: Path | None) -> Costs:
    from ..searching import digits_latencies, latencies, macs, read_table

    if cost == "macs":
        if table is not None:
            raise DiptychError(message("--table has latencies, and --cost macs counts; leave one of them out"))
        return macs(space)
    return latencies(space, digits_latencies() if table is None else read_table(table), cost)


def budget_of(text: str, unit: str) -> float:
    """A budget in a unit: 90, 90us or 0.09ms of time, 60000, 60k or 0.06M of MACs; raises DiptychError.

    >>> budget_of("0.09ms", "us"), budget_of("60k", "MACs"), budget_of("75", "us")
    (90.0, 60000.0, 75.0)
    """
    plain = text.strip().lower().replace("µ", "u").replace("_", "").replace(",", "")
    ending = next((end for end in sorted(SCALES, key=len, reverse=True) if plain.endswith(end)), "")
    number, (own, factor) = plain.removesuffix(ending).strip(), SCALES.get(ending, (unit, 1.0))
    wanted = "microseconds, such as 90, 90us or 0.09ms" if unit == "us" else "MACs, such as 60000, 60k or 0.1M"
    try:
        found = float(number) * factor
    except ValueError:
        raise DiptychError(
            message("--budget is a number of {wanted}, not {text!r}", wanted=wanted, text=text)
        ) from None
    if own != unit:
        raise DiptychError(
            message(
                "--budget is in {own}, and these costs are in {unit}: give {wanted}", own=own, unit=unit, wanted=wanted
            )
        )
    return found


@contextmanager
def _shown(picture: Path | None) -> Iterator[Callable[[Course], None] | None]:
    """What shows a search while it runs: a live view on a terminal, nothing in a pipe; and the picture, in both."""

    def draw(course: Course) -> None:
        if picture is not None:
            from ..drawing.probabilities import write_probabilities

            write_probabilities(course, picture, force=True)

    if not sys.stdout.isatty():
        with waiting(gettext("searching")):
            yield draw
        return
    from rich.live import Live
    from rich.text import Text

    with Live(Text("making the super-network"), refresh_per_second=4, transient=True) as live:

        def told(course: Course) -> None:
            live.update(Text("\n".join(course.lines())), refresh=True)
            draw(course)

        yield told


COMMANDS: dict[str, Callable[..., None]] = {"nas": nas}
