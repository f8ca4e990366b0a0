"""Two plots on one sheet: parameters against MACs, and the errors that papers report, with the source of each point."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..common.cards import Reported
from ..common.errors import DiptychError
from ..common.language import message
from ..common.registry import Network
from ..files.atomic import check_destination, replacing

SUFFIXES = (".svg", ".png", ".pdf")
CLASSIC = "ILSVRC"
"""Opens the `what` of the entries of the yearly challenge, which were mostly several networks together."""
COLUMNS = 3
Point = tuple[Network, Reported]


def write_plot(items: Sequence[Network], output: Path, *, force: bool = False) -> None:
    """Write the sheet of these networks; raises DiptychError for a suffix that is not .svg, .png or .pdf.

    Networks of one function and one paper with the same counts are one point: forms differ in what cannot be seen here.
    """
    if output.suffix not in SUFFIXES:
        got = output.suffix or "a name without suffix"
        raise DiptychError(f"{output}: a plot is written as {', '.join(SUFFIXES)}, not {got}")
    check_destination(output, force=force)
    plt = pyplot()
    points = [(item, entry) for item in items for entry in item.card.reported]
    notes = -(-max(len(points), 1) // COLUMNS)
    height = 6.5 + 0.13 * notes
    with plt.rc_context({"svg.hashsalt": "diptych", "font.size": 8}):
        figure = plt.figure(figsize=(15, height), layout="constrained")
        size, error, text = figure.subplot_mosaic([["size", "error"], ["text", "text"]],
                                                  height_ratios=[6.5, 0.13 * notes]).values()  # fmt: skip
        _sizes(size, items)
        _errors(error, points)
        _sources(text, points)
        drawn = io.BytesIO()
        figure.savefig(drawn, format=output.suffix[1:], dpi=150, metadata=without_date(output.suffix))
        plt.close(figure)
    with replacing(output, force=force) as path:
        path.write_bytes(drawn.getvalue())


def pyplot() -> Any:
    """The drawing part of matplotlib; raises DiptychError where it is not installed."""
    try:
        import matplotlib
    except ImportError:
        raise DiptychError(message("plots need matplotlib: pip install 'diptych[plot]'")) from None
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    return plt


def without_date(suffix: str) -> dict[str, None] | None:
    """Metadata without the time, so that the same networks give the same bytes."""
    return {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(suffix)


def _sizes(axes: Any, items: Sequence[Network]) -> None:
    """Each family in a colour and marker of its own; one name per spot."""
    families = list(dict.fromkeys(item.family for item in items))
    spots: dict[tuple[int, int], Network] = {}
    for item in items:
        spots.setdefault((item.card.counts.params, item.card.counts.macs), item)
    for number, family in enumerate(families):
        mine = [(x / 1e6, y / 1e9) for (x, y), item in spots.items() if item.family == family]
        if mine:
            style = {"color": f"C{number % 10}", "marker": "osv^D*"[number // 10 % 6], "label": family}
            axes.plot(*zip(*mine, strict=True), linestyle="", markersize=4, **style)
    if len(spots) <= 40:
        for (x, y), item in spots.items():
            axes.annotate(item.name, (x / 1e6, y / 1e9), fontsize=6, xytext=(3, 2), textcoords="offset points")
    axes.set(xscale="log", yscale="log", xlabel="parameters / million", ylabel="MACs per image / billion",
             title="Size: parameters and multiply-accumulates, each at its own input size")  # fmt: skip
    axes.legend(fontsize=6, ncols=2, loc="lower right")
    axes.grid(alpha=0.3)


def _errors(axes: Any, points: Sequence[Point]) -> None:
    """Top-1 and top-5 error over the year of the paper, numbered as in the list below; the challenge as a line."""
    for label, style in (("top1", {"color": "C0", "marker": "o"}), ("top5", {"color": "C1", "marker": "s"})):
        mine = [
            (n, item, getattr(entry, label)) for n, (item, entry) in enumerate(points, 1) if not _is_challenge(entry)
        ]
        mine = [entry for entry in mine if entry[2] is not None]
        years = [_spread(number, item) for number, item, _ in mine]
        axes.plot(
            years, [value for *_, value in mine], linestyle="", markersize=3, label=f"{label[:3]}-{label[3]}", **style
        )
        for year, (number, _, value) in zip(years, mine, strict=True):
            axes.annotate(str(number), (year, value), fontsize=5, xytext=(2, 2), textcoords="offset points")
    line = [(number, item, entry) for number, (item, entry) in enumerate(points, 1) if _is_challenge(entry)]
    line.sort(key=lambda each: (_contest(each[2]), -(each[2].top5 or 0)))
    years = [_contest(entry) for *_, entry in line]
    values = [entry.top5 for *_, entry in line]
    axes.plot(years, values, "k-D", markersize=4, label="top-5 of entries to ILSVRC, on its test set")
    for place, (number, item, entry) in enumerate(line):
        # Of two entries of one year the better one is written below its point.
        below = years[place] in years[:place]
        axes.annotate(f"{entry.top5:g} ({number}, {item.family})", (years[place], entry.top5), fontsize=6,
                      xytext=(4, -8 if below else 4), textcoords="offset points")  # fmt: skip
    axes.set(xlabel="year", ylabel="error on ImageNet / %", title="Error as reported (numbers: the list below)")
    axes.legend(fontsize=6)
    axes.grid(alpha=0.3)


def _is_challenge(entry: Reported) -> bool:
    return entry.what.startswith(CLASSIC)


def _contest(entry: Reported) -> float:
    return float(entry.what.removeprefix(CLASSIC).split()[0].strip(","))


def _spread(number: int, item: Network) -> float:
    """The year, moved a little by the number of the point, so that points of one year stand apart."""
    return item.card.paper.year + (number % 9 - 4) / 12


def _sources(axes: Any, points: Sequence[Point]) -> None:
    axes.axis("off")
    rows = -(-max(len(points), 1) // COLUMNS)
    for number, (item, entry) in enumerate(points, start=1):
        column, row = divmod(number - 1, rows)
        values = " / ".join("-" if value is None else f"{value:g}" for value in (entry.top1, entry.top5))
        line = f"{number}  {item.title}: {values}, {entry.what} ({entry.source})"
        axes.text(column / COLUMNS, 1 - (row + 0.5) / rows, line, fontsize=5, transform=axes.transAxes, va="center")
