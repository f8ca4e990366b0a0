"""What commands print: cards, checks, conversions, JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..common import citing
from ..common.cards import Reported
from ..common.language import gettext, marked
from ..waiting import waiting as waiting  # of all that commands show
from .grids import columns, folded
from .grids import grid as grid  # of all that commands show
from .streams import say, write
from .wide import cells

if TYPE_CHECKING:
    from ..checking.report import Report
    from ..common.listed import Entry
    from ..common.registry import Network
    from ..common.spec import Net
    from ..conversion.batch import Done


def side_by_side(nets: Sequence[Net], rows: Sequence[Mapping[str, str]]) -> None:
    """Print a column per network and a row per property; on a narrow terminal as many tables as it takes."""
    for part in _parts([net.name for net in nets], rows):
        grid(("", *(name for name, _ in part)), [(key, *(row[key] for _, row in part)) for key in rows[0]], 1)


def _parts(names: Sequence[str], rows: Sequence[Mapping[str, str]]) -> Iterator[list[tuple[str, Mapping[str, str]]]]:
    """The networks of each table, as many as a terminal has room for; of a pipe all."""
    first, part, used = max(map(len, rows[0])), list[tuple[str, Mapping[str, str]]](), 0
    for name, row in zip(names, rows, strict=True):
        width = 2 + max(map(len, (name, *row.values())))
        if part and sys.stdout.isatty() and first + used + width > columns():
            yield part
            say("")
            part, used = [], 0
        part.append((name, row))
        used += width
    yield part


def card(item: Entry | Network) -> None:
    """Print the facts of a network, a heading per kind."""
    facts = item.card
    paper = facts.paper
    published = ", ".join(filter(None, (paper.venue, f"arXiv:{paper.arxiv}" if paper.arxiv else "")))
    counts = facts.counts
    say(f"{item.title} ({item.name})", "")
    held = gettext("{params:,} parameters, {statistics:,} statistics, {buffers:,} fixed numbers,").format(
        params=counts.params, statistics=counts.statistics, buffers=counts.buffers
    )
    costs = gettext("{macs:,} MACs at {height}x{width} ({source})").format(
        macs=counts.macs, height=counts.input[0], width=counts.input[1], source=citing.counted(counts.source)
    )
    heads = (
        (gettext("paper"), citing.paper(facts)),
        (gettext("published"), str(published or paper.year)),
        (gettext("form of"), item.source),
        (gettext("reference"), citing.counted(facts.reference)),
        (gettext("counts"), held),
        ("", costs),
    )
    lines = [f"{head}{' ' * (12 - cells(head))}{text}" for head, text in heads]
    say(*(part for line in lines for part in folded(line)))
    listed(
        gettext("preprocessing of public weights"),
        [f"{key}: {citing.expected(value)}" for key, value in facts.preprocessing.items()],
    )
    listed(gettext("quirks"), [gettext(quirk) for quirk in facts.quirks])
    listed(
        gettext("reported errors on ImageNet"),
        [f"{_error(entry)}, {gettext(entry.what)} ({citing.cited(entry.source)})" for entry in facts.reported],
    )


def listed(title: str, lines: Sequence[str]) -> None:
    """Print lines under a heading, and nothing where there are none."""
    if lines:
        say("", title, *(part for line in lines for part in folded(f"- {line}")))


def _error(entry: Reported) -> str:
    values = (("top-1", entry.top1), ("top-5", entry.top5))
    return ", ".join(f"{name} {value:g} %" for name, value in values if value is not None)


def checks(reports: Sequence[Report]) -> None:
    """Print one line per checked network: the largest relative difference at each gate, and the float32 noise."""
    header = (
        marked("network"),
        "forward64",
        "gradients64",
        "training64",
        "forward32",
        "torch noise32",
        "tf noise32",
        "s",
    )
    names = ("forward_float64", "gradients_float64", "training_float64", "forward_float32")
    rows = []
    for report in reports:
        gates = {gate.name: gate for gate in report.gates if gate.compared}
        values = [gates[name].measured if name in gates else None for name in names]
        values += [report.noise.get(side) for side in ("torch", "tf")]
        cells = ["-" if value is None else f"{value:.1e}" for value in values]
        rows.append((report.network, *cells, f"{report.seconds:.0f}"))
    say("")
    grid(header, rows, 1, ("torch noise32", "tf noise32", "s", "forward32", "training64"))
    say(
        "",
        gettext(
            "relative differences max |a - b| / max |b|, the largest of all cases; -: nothing compared, or not asked"
        ),
    )


def conversions(done: Sequence[Done]) -> None:
    """Print a row per conversion of a batch, and how many there were of each kind."""
    rows = []
    for item in done:
        shown = "-" if item.difference is None else f"{item.difference:.1e}"
        state = gettext("error") if item.error else gettext("kept") if item.skipped else gettext("done")
        rows.append((item.source, item.destination, item.network or "-", state, shown, f"{item.seconds:.1f} s"))
    header = (marked("source"), marked("result"), marked("network"), "", marked("difference"), marked("time"))
    grid(header, rows, 4, ("time", "network", "result", "difference"))
    say(*(gettext("error: {said}").format(said=item.error) for item in done if item.error))
    bad, kept = sum(bool(item.error) for item in done), sum(item.skipped for item in done)
    said = gettext("{done} converted, {kept} kept from an earlier run, {bad} with errors")
    say(said.format(done=len(done) - bad - kept, kept=kept, bad=bad))


def data(value: Any) -> None:
    """Print a value as JSON, in which every character that is not ASCII is escaped."""
    write(json.dumps(value, indent=2) + "\n")
