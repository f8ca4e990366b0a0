"""Values that code concatenates again and again with one more, as DenseNet does: each time what there was, and the new.

`cat(a, b, c)` is `cat(cat(a, b), c)`, number by number. Said so, a layer takes one value and answers with a longer one,
however many there were before it, so that all layers are of one class.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..ops.concat import Concat
from .draft import Scope, Step
from .tidy import Steps


def running(given: Steps) -> Steps:
    """The steps, where each concatenation that grows takes the one before it, where the new value is made."""
    steps = given.steps
    found = {step.inputs: index for index, step in enumerate(steps) if isinstance(step.op, Concat)}
    before = {index: found[inputs[:-1]] for inputs, index in found.items() if inputs[:-1] in found}
    moved = _chains(steps, before)
    if not moved:
        return given
    after: dict[int, list[int]] = {}
    for index in sorted(moved):
        after.setdefault(steps[index].inputs[-1], []).append(index)
    order: list[int] = []
    for index in range(len(steps)):
        order += [] if index in moved else _with_next(index, after)
    places = {index: place for place, index in enumerate(order)}
    made = [_placed(steps, index, before) if index in moved else steps[index] for index in order]
    return Steps([_renumbered(step, places) for step in made], [(name, places[index]) for name, index in given.outputs])


def _chains(steps: list[Step], before: Mapping[int, int]) -> set[int]:
    """The concatenations of which each takes another and one more value, which comes last."""
    given = {index for pair in before.items() for index in pair}
    found = {index for index in given if steps[index].inputs[-1] == max(steps[index].inputs)}
    while lost := {index for index in found if before.get(index, index) not in found}:
        found -= lost
    return {index for index in found if index in before or index in {before.get(other) for other in found}}


def _with_next(index: int, after: Mapping[int, list[int]]) -> list[int]:
    """A step, and the concatenations that it is the last of."""
    return [index, *(inner for item in after.get(index, []) for inner in _with_next(item, after))]


def _placed(steps: list[Step], index: int, before: Mapping[int, int]) -> Step:
    """A concatenation in the block that makes its last value."""
    step, last = steps[index], steps[index].inputs[-1]
    inputs = (before[index], last) if index in before else step.inputs  # the first has no other before it
    scopes = _block(steps[last].scopes)
    path = scopes[-1].path if scopes else ""
    return replace(step, inputs=inputs, scopes=scopes, label=f"{path}.{Concat.kind}".lstrip("."))


def _block(scopes: tuple[Scope, ...]) -> tuple[Scope, ...]:
    """The innermost block around, without layers and chains."""
    while scopes and scopes[-1].style != "block":
        scopes = scopes[:-1]
    return scopes


def _renumbered(step: Step, places: Mapping[int, int]) -> Step:
    owner = None if step.owner is None else places[step.owner]
    return replace(step, inputs=tuple(places[index] for index in step.inputs), owner=owner)
