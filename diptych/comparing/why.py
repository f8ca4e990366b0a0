"""Why two models train otherwise, though they compute the same: in words, with the layer that is to blame."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from ..common.comparing.causes import Cause, differing, shown
from ..common.comparing.given import Pass
from ..common.comparing.remedies import remedy
from ..common.importing.draft import NO_GRADIENT
from ..common.spec import Array
from ..common.text import first_few
from .pair import Pair
from .seen import CLOSE, Departure, departure, ratio
from .sides import Images

Stats = tuple[Mapping[str, Array], Mapping[str, Array]]


def of_output(pair: Pair, images: Images, training: bool, passes: tuple[Pass, Pass]) -> tuple[str, str]:
    """The first layer that hands on something else in a step, and in words whether it is one that does not train."""
    found = departure(pair, images, training)
    if found is None:
        seen_alike = training and pair.read is not None and pair.parted is None
        words = "all layers that were seen hand on the same; look at what is computed between them"
        return "", words if seen_alike else ""
    idle = _idle(pair, found, passes) if training else []
    frozen = f"; {idle[0]} leaves its statistics as they are: frozen" if len(idle) == 1 else ""
    return found.one, f"{placed(pair, found)}{frozen}"


def placed(pair: Pair, found: Departure) -> str:
    """A departure in words."""
    other = f" ({found.other} of {pair.other.label})" if found.other != found.one else ""
    gap = f"by {found.gap:.1e}" if np.isfinite(found.gap) else "of another shape or not finite"
    gap += f" ({found.factor:.4g} times as large in {pair.one.label})" if found.factor is not None else ""
    unseen = _span(pair, found)
    between = f", between them {', '.join(unseen)}" if unseen else ""
    return f"first in {found.one}{other}, {gap}; the last layer that agrees is {found.before}{between}"


def _span(pair: Pair, found: Departure) -> list[str]:
    """The steps between the last layer that agrees and the first that does not, which no layer shows by itself."""
    if pair.read is None:
        return []
    steps = pair.alignment.one.steps
    places = {step.path: place for place, step in enumerate(steps)}
    if found.one not in places or found.before not in places:
        return []
    waiting, known = list(steps[places[found.one]].inputs), set[int]()
    while waiting:
        place = waiting.pop()
        if place > places[found.before] and place not in known:
            known.add(place)
            waiting += steps[place].inputs
    return [steps[place].path for place in sorted(known)]


def _idle(pair: Pair, found: Departure, passes: tuple[Pass, Pass]) -> list[str]:
    """The sides whose layer keeps its running statistics in a step."""
    idle = []
    for place, (name, done) in enumerate(zip((found.one, found.other), passes, strict=True)):
        after = pair.canonical(place, done.buffers) if pair.read else {}
        before = pair.known[place].weights if pair.read else {}
        own = [key for key in after if key.rpartition(".")[0] == name]
        if own and all(np.allclose(after[key], before[key], rtol=CLOSE) for key in own):
            idle.append(pair.both[place].label)
    return idle


def of_statistic(pair: Pair, mine: str, theirs: str, after: Stats) -> str:
    """The setting that makes the running statistic of a layer another one."""
    nodes = [next(n for n in read.net.nodes if name in n.weights())
             for read, name in zip(pair.known, (mine, theirs), strict=True)]  # fmt: skip
    names = differing(nodes[0].op, nodes[1].op)
    told = [f"{name}, {shown(nodes[0].op, name)} in {pair.one.label} and {shown(nodes[1].op, name)} in "
            f"{pair.other.label}" for name in names]  # fmt: skip
    if told:
        way = pair.other.given.framework
        every = [remedy(Cause(name, "", ""), nodes[0].op, nodes[1].path, way) for name in names]
        return f"{'; '.join(told)}; to make {pair.other.label} do the same, {', '.join(filter(None, every))}"
    before = [read.weights[name].astype(np.float64) for read, name in zip(pair.known, (mine, theirs), strict=True)]
    moved = [array[name] - start for array, name, start in zip(after, (mine, theirs), before, strict=True)]
    still = [side.label for side, step in zip(pair.both, moved, strict=True) if not step.any()]
    if len(still) == 1:
        return f"frozen in {still[0]}, where training leaves it as it was"
    if (times := ratio(*moved)) is not None:
        known = float(vars(nodes[0].op).get("momentum", 0.0))
        return (f"momentum: a step moves it by {times:.3g} times as much in {pair.one.label} as in {pair.other.label}, "
                f"though both say {known:g}")  # fmt: skip
    kept = 1 - float(vars(nodes[0].op).get("momentum", 0.0))
    batch = [array[name] - kept * start for array, name, start in zip(after, (mine, theirs), before, strict=True)]
    times = ratio(*batch)
    return (
        ""
        if times is None
        else (
            f"variance of the batch: that of {pair.one.label} is {times:.4g} times that of {pair.other.label}, as "
            "where one divides by n (biased) and the other by n - 1, in another way than the framework's own layer does"
        )
    )


def of_gradient(pair: Pair, mine: str, one: Array, other: Array) -> str:
    """What happened to the gradient on its way back to a weight, and between which layers."""
    one, other = one.reshape(other.shape), other
    lost = [side.label for side, array in zip(pair.both, (one, other), strict=True) if not array.any()]
    between = _between(pair, mine)
    if len(lost) == 1:
        return f"no gradient reaches it in {lost[0]} (detach, stop_gradient){between}"
    times = ratio(one, other)
    return (
        f"the gradient is multiplied by {times:.3g} in {pair.one.label}{between}" if times is not None
        else "; ".join(filter(None, (_detached(pair), between[2:])))
    )  # fmt: skip


def _detached(pair: Pair) -> str:
    """What one of the models detaches and the other does not."""
    told = [[note for note in read.notes if note.startswith(NO_GRADIENT)] for read in pair.read or ()]
    more = [(side.label, notes) for side, notes, others in zip(pair.both, told, told[::-1], strict=False)
            if len(notes) > len(others)]  # fmt: skip
    return "; ".join(f"{label}: {first_few(notes, 2)}" for label, notes in more)


def _between(pair: Pair, mine: str) -> str:
    """The layer that holds a weight, and the steps after it up to the next weights, whose gradients agree."""
    if pair.read is None:
        return ""
    steps = pair.alignment.one.steps
    at = next((place for place, step in enumerate(steps) if mine in step.node.weights()), None)
    if at is None:
        return ""
    return (
        f"; it is lost or changed after {steps[at].path}, at {' or '.join(list(_after(pair, at))[:3]) or 'the output'}"
    )


def _after(pair: Pair, at: int) -> Iterator[str]:
    flow, waiting, seen = pair.alignment.one, [at], set[int]()
    while waiting:
        for place in flow.readers[waiting.pop(0)]:
            if place in seen:
                continue
            seen.add(place)
            yield flow.steps[place].path
            if not flow.steps[place].node.weights() and len(seen) < 6:
                waiting.append(place)
