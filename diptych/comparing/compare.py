"""Compare two models as they stand, whoever wrote them; see docs/compare.md."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Any, Literal

from ..checking.asked import asked_gates, left_out
from ..checking.case import Finding
from ..checking.report import Gate
from ..common.errors import DiptychError
from ..common.memory import trim
from ..common.text import first_few
from ..training.gate import with_training
from ..waiting import shows_progress
from .answers import outputs
from .drawn import along, lone, sources
from .dropping import dropout
from .gates import nodes, parameters
from .lines import located
from .named import models_of
from .pair import Pair, lent
from .report import Comparison
from .sides import Images, images, labels, own_images, shape_of, side
from .trained import shortly
from .training import gradients, training

GATES: dict[str, Callable[[Pair], Finding | str]] = {
    gate.__name__: gate for gate in (outputs, nodes, parameters, gradients, training, dropout)
}


@shows_progress("comparing two models")
def compare(
    one: Any,
    other: Any,
    *,
    example: Any = None,
    weights: Literal["as-is", "transfer"] | None = None,
    names: Mapping[str, str] | None = None,
    sizes: Sequence[tuple[int, int]] | None = None,
    batches: Sequence[int] = (1, 2, 3),
    gates: Sequence[str] | None = None,
    fast: bool = False,
    options: Mapping[str, Any] | None = None,
    steps: int | None = None,
    optimizer: Any = "sgd",
    progress: Callable[[str], None] | None = None,
) -> Comparison:
    """Hold two models to each other, of one framework or of two, and return a Comparison, which is a Report.

    Each is a PyTorch module, a Keras model, a function that makes one, or the name of a registered network, which is
    its build in the framework of the other. `example` is a batch (N, C, H, W), such as photos, which are compared,
    too, or its shape: a PyTorch module does not say what it takes. `weights` are compared "as-is", or with "transfer"
    those of the first are put into the second, until the end. `names` are pairs of layers, of the first and of the
    second, that belong together. `sizes` are (height, width). `gates` are those to hold the models to, all where none
    is named; outputs are always among them, for the others prove nothing without. With `fast` they are held at one
    size, to few batches, and are not trained. With `steps` the last gate, training_steps, trains both for so many with
    `optimizer` and holds each, as `train_check` does. `options` are those of the registered network, such as
    num_classes. `progress` is told what is at work; without it a terminal is.
    Both models are as they were in the end. Raises DiptychError for what is no model, and for a name of no layer.
    """
    wanted = asked_gates(list(GATES), gates, fast, always="outputs", steps=steps)
    start, say = time.monotonic(), progress or (lambda text: None)
    if not batches or min(batches) < 1:
        raise DiptychError(f"a comparison needs at least one batch of one image or more, got batches={batches}")
    if weights not in (None, "as-is", "transfer"):
        raise DiptychError(f'weights are "as-is" or "transfer", not {weights!r}')
    (first, second), chosen = models_of(one, other, example, weights, options or {})
    shape = shape_of((first, second), example)
    say("reading both models")
    called = labels((first, second))
    batch_list = [*images(shape, batches, sizes, fast), *own_images(example)]
    kept = lent if chosen == "transfer" else nullcontext[Pair]
    with kept(_ready((first, second), called, shape, batch_list, names or {}, chosen == "as-is")) as held:
        found = _report(held, called, wanted, left_out(list(GATES), wanted, fast), (start, say))
    own = {"example": (1, *shape), "weights": chosen, "names": names}
    return with_training(found, wanted, (first, second), steps, optimizer, progress, **own)


def _ready(
    models: tuple[Any, Any], called: list[str], shape: tuple[int, int, int], batches: Sequence[Images],
    names: Mapping[str, str], by_weights: bool,
) -> Pair:  # fmt: skip
    """Both models as sides; whoever is given it alone can let go what it needs no more."""
    one, other = (side(model, label, shape) for model, label in zip(models, called, strict=True))
    return Pair(one, other, batches, names, by_weights)


def _report(
    pair: Pair, called: list[str], wanted: Sequence[str], left: Sequence[str], told: tuple[float, Callable[[str], None]]
) -> Comparison:
    """What the gates find, and what is drawn and said of it; `told` is the time of the start, and whom to tell."""
    start, say = told
    asked = tuple(run_gates(pair, wanted, say))
    names, drawn = tuple(item.name for item in pair.compared), along(pair)
    found = Comparison(" and ".join(called), asked, names, {}, time.monotonic() - start)
    return replace(
        found, unsure=tuple(pair.unsure), notes=(*left, *notes(pair)), partial=bool(left), pairs=pairs(pair),
        labels=tuple(called), curve=drawn.curve, tensors=drawn.tensors, sources=sources(pair),
    )  # fmt: skip


def run_gates(pair: Pair, wanted: Sequence[str], say: Callable[[str], None]) -> Iterator[Gate]:
    """The gates that are wanted; none but the first where outputs show nothing."""
    for name in (name for name in wanted if name in GATES):
        gate = GATES[name]
        trim()  # what reading, and the gate before, have let go
        say(f"comparing {name}")
        hidden = pair.unsure and not (pair.hidden and gate in (nodes, parameters))
        yield Gate(name, detail="outputs show nothing") if hidden else asked_of(pair, gate)


def asked_of(pair: Pair, gate: Callable[[Pair], Finding | str]) -> Gate:
    """What a gate finds; what models raise that no gate foresees leaves it open."""
    try:
        return _gate(gate.__name__, located(pair, gate(pair)))
    except DiptychError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever the code of a model raises
        pair.unsure.append(f"{gate.__name__} could not be compared: {shortly(error)}")
        return Gate(gate.__name__, detail=pair.unsure[-1])


def _gate(name: str, found: Finding | str) -> Gate:
    if isinstance(found, str):
        return Gate(name, detail=found)
    return Gate(name, **vars(found))


def notes(pair: Pair) -> tuple[str, ...]:
    """What was not compared, and what was read with a reservation."""
    told = [f"{side.label}: {note}" for side in pair.both if side.read for note in side.read.notes]
    told += [f"{one.label} was given in training mode; it was compared in evaluation, and in a step of training"
             for one in pair.both if one.given.trains]  # fmt: skip
    told += [f"{one.label} was compiled with a loss or an optimizer; they are not compared here, but by `train_check`"
             for one in pair.both if one.given.framework == "tf" and one.given.model.compiled]  # fmt: skip
    for one in pair.both:
        if rates := one.given.paths():
            few = first_few([f"{name} ({rate:.2g})" for name, rate in rates.items()], 3)
            told.append(f"{one.label} leaves out branches by chance in training, which was off here: {few}")
    refused = [f"not compared: {first_few(names, 3)}, {why}" for why, names in pair.refused.items()]
    return (*_covered(pair), *pair.notes, *lone(pair), *refused, *told)


def _covered(pair: Pair) -> Iterator[str]:
    """What the images were that outputs were compared of, and what they were not."""
    if not (seen := pair.compared):
        return
    sizes = dict.fromkeys("x".join(map(str, item.shape)) for item in seen)
    most = max(len(item.values) for item in seen)
    least, largest = min(item.values.min() for item in seen), max(item.values.max() for item in seen)
    yield (f"compared on images of {', '.join(sizes)}, in batches of up to {most}, of numbers from {least:.4g} to "
            f"{largest:.4g}; other images were not, nor were NaN and infinity")  # fmt: skip


def pairs(pair: Pair) -> tuple[tuple[str, str], ...]:
    """The layers that belong together; "" where a side has none."""
    if pair.read is None:
        return ()
    found = pair.alignment
    return tuple(("" if a is None else found.one.steps[a].path, "" if b is None else found.other.steps[b].path)
                 for a, b in found.pairs)  # fmt: skip
