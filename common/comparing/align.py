"""Which steps of two flows belong together: by what they compute, by their shapes and by what they read.

The two sequences are aligned as a whole (Needleman & Wunsch 1970): a step is paired with one of its kind, or with one
that may stand for it, such as another activation, or it has no partner. A second round prefers pairs that read pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np

from ..errors import DiptychError
from ..expr import plain
from ..ops.conv import Conv
from ..ops.linear import Linear
from ..spec import Net
from ..weights import Weights
from .columns import flattens
from .flow import Flow, Step, flow

ALONE = -0.6
"""What a step without a partner costs."""
Score = Callable[[int, int], float]
Held = list[list[tuple[str, ...]]]


@dataclass(frozen=True)
class Alignment:
    """Pairs of places in two flows, in an order in which both can run; a side without a partner is None."""

    one: Flow
    other: Flow
    pairs: tuple[tuple[int | None, int | None], ...]
    score: float
    folds: tuple[tuple[int, int], ...] = ()
    """The pairs of a normalisation and a layer that has it in its weights."""

    @property
    def partners(self) -> dict[int, int]:
        """Of each paired step of the first flow, the place of the other."""
        return {one: other for one, other in self.pairs if one is not None and other is not None}


def aligned(
    one: Net, other: Net, names: Mapping[str, str] | None = None, weights: tuple[Weights, Weights] | None = None
) -> Alignment:
    """Pair the steps of two networks; `names` are pairs of paths that belong together whatever they are.

    Where a choice is left, steps with the same `weights` belong together. Raises DiptychError for a name that is not a
    step's.
    """
    tried = [_Aligning(flow(one, look), flow(other, look), names or {}, weights) for look in (False, True)]
    found = [item.found() for item in tried]
    return max(found, key=lambda item: item.score)


@dataclass
class _Aligning:
    """Two flows in one order each."""

    one: Flow
    other: Flow
    names: Mapping[str, str]
    weights: tuple[Weights, Weights] | None

    def found(self) -> Alignment:
        """The best alignment of the two."""
        fixed = _fixed(self.one, self.other, self.names)
        held = _all_held(self.one, self.other, self.weights)
        start, end = (1, 0) if fixed else _ends(self.one, self.other, held)
        length, width = len(self.one.steps), len(self.other.steps)
        middle = range(start, length - end), range(start, width - end)
        pairs = [(place, place) for place in range(start)]
        last = [(length - place, width - place) for place in range(end, 0, -1)]
        base = _base(self.one, self.other, fixed, held)
        inner, score = _best(*middle, base), base
        for _ in range(2):
            known = dict([*pairs, *last, *((a, b) for a, b in inner if a is not None and b is not None)])
            score = _reading(self.one, self.other, known, base)
            inner = _best(*middle, score)
        whole = (*pairs, *inner, *last)
        total = sum(ALONE if a is None or b is None else score(a, b) for a, b in whole)
        return Alignment(self.one, self.other, whole, total)


def _ends(one: Flow, other: Flow, held: Held) -> tuple[int, int]:
    """How many steps are the same op with the same inputs and weights, from the image on and from the end back."""
    most, start, end = min(len(one.steps), len(other.steps)), 1, 0
    while start < most and held[0][start] == held[1][start] and _alike(one, other, start, start):
        start += 1
    while (
        end < most - start
        and held[0][-1 - end] == held[1][-1 - end]
        and _alike(one, other, len(one.steps) - 1 - end, len(other.steps) - 1 - end, back=True)
    ):
        end += 1
    return start, end


def _fixed(one: Flow, other: Flow, names: Mapping[str, str]) -> dict[int, int]:
    places = [{step.path: place for place, step in enumerate(flow.steps)} for flow in (one, other)]
    for pair in names.items():
        for name, known, side in zip(pair, places, (one, other), strict=True):
            if name not in known:
                raise DiptychError(f"{side.net.name} has no layer {name!r}, which is named as a pair")
    return {places[0][mine]: places[1][theirs] for mine, theirs in names.items()}


def _alike(one: Flow, other: Flow, a: int, b: int, back: bool = False) -> bool:
    """Whether two steps are the same op with the same inputs, counted from the image or back from the step."""
    mine, theirs = one.steps[a], other.steps[b]
    if settings(mine) != settings(theirs) or mine.node.shape != theirs.node.shape:
        return False
    if not back:
        return mine.inputs == theirs.inputs
    return [a - item for item in mine.inputs] == [b - item for item in theirs.inputs]


def settings(step: Step) -> tuple[object, ...]:
    """The op of a step as plain values: its kind, its fields."""
    op = step.node.op
    return (op.kind, *(plain(getattr(op, item.name)) for item in fields(op)))


def dense(step: Step) -> bool:
    """Whether a step multiplies vectors by a matrix: a linear layer, or a convolution with a kernel of the whole map.

    The second is what timm's VGG has in the place of flatten and the first linear layer.
    """
    op, node = step.node.op, step.node
    if isinstance(op, Linear):
        return len(node.in_shapes[0]) == 1
    return isinstance(op, Conv) and op.groups == 1 and whole(step)


def whole(step: Step) -> bool:
    """Whether the one window of a convolution is its whole map."""
    op, size = step.node.op, tuple(map(int, step.node.in_shapes[0][1:]))
    if not isinstance(op, Conv) or op.kernel != size:
        return False
    return op.pads == (0, 0, 0, 0) or (size == (1, 1) and op.pads == "same")


def alike(one: Step, other: Step) -> bool:
    """Whether two steps are of one kind, or are both a matrix."""
    return one.node.kind == other.node.kind or (dense(one) and dense(other))


def family(step: Step) -> tuple[object, ...]:
    """What a step may be exchanged for by mistake: another activation, another pool, another normalisation."""
    op, node = step.node.op, step.node
    trained = any(weight.kind == "trainable" for weight in op.weights(*node.in_shapes))
    kind = "activation" if op.elementwise and len(node.inputs) == 1 and not trained else op.role
    return (kind, len(node.inputs) > 1, trained)


def _all_held(one: Flow, other: Flow, weights: tuple[Weights, Weights] | None) -> Held:
    """What tells the weights of each step, on either side."""
    pairs = zip((one, other), weights or ({}, {}), strict=True)
    return [[_held(step, own) for step in flow.steps] for flow, own in pairs]


def _base(one: Flow, other: Flow, fixed: dict[int, int], held: Held) -> Score:
    """How well two steps go together by themselves; minus infinity where they do not."""
    known: dict[tuple[object, object], float] = {}
    keys = [[_key(step) for step in flow.steps] for flow in (one, other)]
    taken = {theirs: mine for mine, theirs in fixed.items()}

    def score(a: int, b: int) -> float:
        if a in fixed or b in taken:
            return 50.0 if fixed.get(a) == b else -np.inf
        key = keys[0][a], keys[1][b]
        if key not in known:
            known[key] = _likeness(one.steps[a], other.steps[b])
        return known[key] + 2.0 * (held[0][a] == held[1][b] != ())

    return score


def _held(step: Step, weights: Weights) -> tuple[str, ...]:
    """What tells the weights of a step from others, but for rounding."""
    names = step.node.weights() if weights else ()
    return tuple(f"{total:.5e}" for name in names for total in (weights[name].sum(), np.abs(weights[name]).sum()))


def _key(step: Step) -> object:
    shapes = tuple(weight.shape for weight in step.node.weights().values())
    return (
        settings(step),
        step.node.shape,
        shapes,
        len(step.inputs),
        tuple(tuple(map(int, s)) for s in step.node.in_shapes),
    )


def _likeness(mine: Step, theirs: Step) -> float:
    both = mine.node.op, theirs.node.op
    if all(map(flattens, both)) and settings(mine) != settings(theirs) and mine.node.shape == theirs.node.shape:
        return -np.inf  # other orders, which the next kernels make up for: what follows them is held to each other
    if mine.node.kind != theirs.node.kind and alike(mine, theirs):
        counts = [[weight.count for weight in step.node.weights().values()] for step in (mine, theirs)]
        return 2.0 + 2.0 * (counts[0] == counts[1])
    if mine.node.kind != theirs.node.kind:
        if any(op.foreign for op in both):
            return _in_place(mine, theirs)
        if family(mine) != family(theirs) or family(mine)[0] == "weighted":
            return -np.inf
        return 0.5 + 0.5 * (mine.node.shape == theirs.node.shape)
    shapes = [[weight.shape for weight in step.node.weights().values()] for step in (mine, theirs)]
    same = settings(mine) == settings(theirs)
    return 1.0 + same + (mine.node.shape == theirs.node.shape) + 2.0 * (shapes[0] == shapes[1] != [])


def _in_place(mine: Step, theirs: Step) -> float:
    """How well a function that runs as it is may stand for an op: with the same weights, or without any."""
    shapes = [sorted(weight.shape for weight in step.node.weights().values()) for step in (mine, theirs)]
    same = mine.node.shape == theirs.node.shape and shapes[0] == shapes[1] and len(mine.inputs) == len(theirs.inputs)
    if not same or mine.node.in_shapes != theirs.node.in_shapes:
        return -np.inf
    return 3.0 if shapes[0] else 0.4


def _reading(one: Flow, other: Flow, known: dict[int, int], base: Score) -> Score:
    """The same score, and more where what they read, and what reads them, are pairs."""

    def score(a: int, b: int) -> float:
        found = base(a, b)
        if found == -np.inf:
            return found
        met = sum(known.get(item) in other.steps[b].inputs for item in one.steps[a].inputs)
        met += sum(known.get(item) in other.readers[b] for item in one.readers[a])
        return found + 0.7 * met

    return score


def _best(mine: Sequence[int], theirs: Sequence[int], score: Score) -> list[tuple[int | None, int | None]]:
    """The alignment of two sequences with the largest sum of scores."""
    rows, columns = len(mine), len(theirs)
    total = np.zeros((rows + 1, columns + 1))
    total[:, 0], total[0, :] = ALONE * np.arange(rows + 1), ALONE * np.arange(columns + 1)
    paired = np.full((rows + 1, columns + 1), -np.inf)
    for i in range(rows):
        for j in range(columns):
            paired[i + 1, j + 1] = total[i, j] + score(mine[i], theirs[j])
            total[i + 1, j + 1] = max(paired[i + 1, j + 1], total[i, j + 1] + ALONE, total[i + 1, j] + ALONE)
    found: list[tuple[int | None, int | None]] = []
    i, j = rows, columns
    while i or j:
        if i and j and total[i, j] == paired[i, j]:
            i, j = i - 1, j - 1
            found.append((mine[i], theirs[j]))
        elif j and (not i or total[i, j] == total[i, j - 1] + ALONE):
            j -= 1
            found.append((None, theirs[j]))
        else:
            i -= 1
            found.append((mine[i], None))
    return found[::-1]
