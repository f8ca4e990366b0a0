"""The figures that stand beside the code: shapes in both layouts, parameters and multiply-accumulates of any paths."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ..common.analysis import nhwc, table
from ..common.language import gettext
from ..common.spec import Call, Net, Shape

TIMES = "\N{MULTIPLICATION SIGN}"


@dataclass(frozen=True)
class Figures:
    """What some nodes and blocks are together: shapes without the batch axis (None where there is none), and counts."""

    entering: Shape | None
    leaving: Shape | None
    parameters: int
    macs: int


class Ledger:
    """The rows of a network by path, for sums over nodes and blocks."""

    def __init__(self, net: Net) -> None:
        self.net = net
        self.rows = table(net)
        self.indexes = {node.path: index for index, node in enumerate(net.nodes)}
        self.calls: dict[str, Call] = {call.path: call for call in net.root.walk()}
        self.around = [_around(row.path) for row in self.rows[1:]]
        self.known: dict[tuple[str, ...], Figures] = {}

    def of(self, paths: Sequence[str]) -> Figures:
        """The figures of paths in the order in which they run; a row that several of them cover counts once."""
        key = tuple(paths)
        if key not in self.known:
            self.known[key] = self._sum(key)
        return self.known[key]

    def kinds(self, paths: Sequence[str]) -> dict[Figures, tuple[str, ...]]:
        """Figures -> the paths that have them alone, in the order in which they run."""
        found: dict[Figures, tuple[str, ...]] = {}
        for path in paths:
            figures = self.of((path,))
            found[figures] = (*found.get(figures, ()), path)
        return found

    def _sum(self, paths: tuple[str, ...]) -> Figures:
        asked = set(paths)
        covered = [row for row, around in zip(self.rows[1:], self.around, strict=True) if not asked.isdisjoint(around)]
        macs = sum(row.macs for row in covered if row.evaluated or "" not in paths)
        ends = [path for path in paths if path in self.indexes or path in self.calls]
        entering, leaving = (self._input_shape(ends[0]), self._output_shape(ends[-1])) if ends else (None, None)
        return Figures(entering, leaving, sum(row.parameters for row in covered), macs)

    def _input_shape(self, path: str) -> Shape | None:
        call = self.calls.get(path)
        inputs = call.inputs if call else self.net.nodes[self.indexes[path]].inputs
        return self._shape(inputs)

    def _output_shape(self, path: str) -> Shape | None:
        call = self.calls.get(path)
        return self._shape(call.outputs if call else (self.indexes[path],))

    def _shape(self, indexes: Iterable[int]) -> Shape | None:
        first = next(iter(indexes), None)
        return None if first is None else self.rows[first].shape


def nchw_text(shape: Shape | None) -> str:
    """A shape as PyTorch has it, with N for the batch.

    >>> nchw_text((64, 56, 48)).split(TIMES), nhwc_text((64, 56, 48)).split(TIMES)
    (['N', '64', '56', '48'], ['N', '56', '48', '64'])
    """
    return "" if shape is None else TIMES.join(["N", *map(str, shape)])


def nhwc_text(shape: Shape | None) -> str:
    """A shape as Keras has it, with N for the batch."""
    return "" if shape is None else nchw_text(nhwc(shape))


def count_text(count: int) -> str:
    """A count in three digits and a unit.

    >>> count_text(960), count_text(9408), count_text(118_013_952), count_text(4_089_184_256)
    ('960', '9.41 k', '118 M', '4.09 G')
    """
    size = float(count)
    for unit in ("", " k", " M"):
        if size < 999.5:
            return f"{size:.3g}{unit}"
        size /= 1000
    return f"{size:.3g} G"


def range_text(counts: Sequence[int], text: Callable[[int], str]) -> str:
    """The smallest and the largest of some counts, or the one that they all are.

    >>> range_text([960, 9408, 960], count_text), range_text([960, 960], count_text)
    ('960 to 9.41 k', '960')
    """
    low, high = text(min(counts)), text(max(counts))
    return low if low == high else gettext("{low} to {high}").format(low=low, high=high)


def _around(path: str) -> tuple[str, ...]:
    """A path, those of all blocks around it, and that of the whole network."""
    parts = path.split(".")
    return ("", *(".".join(parts[:count]) for count in range(1, len(parts) + 1)))
