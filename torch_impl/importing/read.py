"""Read a PyTorch module: at two sizes of image, where it takes two."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from ...common.errors import DiptychError
from ...common.importing.draft import Missing, Step
from ...common.importing.imported import Imported, imported, refuse
from ...common.importing.sizes import agreed, differences, doubtful, larger
from ...common.importing.tidy import Steps, tidied
from ...common.text import first_few, printable
from .export import exported
from .graph import read_graph
from .module import bare, check, image, left_alone

OTHER_BATCH = 3
"""The images of the second reading, so that no number of the code that is a batch's by chance is taken for it."""
UNTOLD = "the places of a maximum"


def read(model: nn.Module, example: Any, one_size: bool = False) -> Imported:
    """The Net and the weights of a module, as in evaluation; raises DiptychError with all that is in the way."""
    model = bare(model)
    check(model)
    images = image(model, example)
    notes: list[str] = []
    fixed: set[str] = set()
    with left_alone(model):
        steps = _steps(model, images, notes, fixed)
        if one_size:
            _check_batch(model, images, steps)
        else:
            steps = _at_any_size(model, images, steps, notes)
    name = type(model).__name__
    doc = (type(model).__dict__.get("__doc__") or "").strip().partition("\n")[0]
    tensors = {n: t.detach().cpu().numpy() for n, t in _tensors(model).items() if n not in fixed}
    return imported(steps, tensors, name, name, doc, notes)


def _tensors(model: nn.Module) -> dict[str, torch.Tensor]:
    """The weights, each under the first of its names."""
    return {**dict(model.named_parameters()), **dict(model.named_buffers())}


def _steps(
    model: nn.Module, images: torch.Tensor, notes: list[str] | None = None, fixed: set[str] | None = None
) -> Steps:
    """The steps at one size; what is to be said of them is added to the notes, and what ops hold to the fixed."""
    draft, outputs = read_graph(model, exported(model, images), images)
    refuse(type(model).__name__, draft.missing)
    if fixed is not None:
        fixed |= draft.fixed
    if draft.rounded and notes is not None:
        where = draft.rounded[0] or "the model itself"
        notes.append(f"it brings numbers to another precision (first in {where}), which is left out here")
    if notes is not None:
        notes.extend(draft.said)
    if not outputs:
        raise DiptychError(f"{type(model).__name__} has no output")
    steps = tidied(draft.steps, outputs)
    refuse(type(model).__name__, [Missing(UNTOLD, _where(s)) for s in steps.steps if s.op is None])
    return steps


def _where(step: Step) -> str:
    return step.scopes[-1].path if step.scopes else ""


def _at_any_size(model: nn.Module, images: torch.Tensor, steps: Steps, notes: list[str]) -> Steps:
    """The network of which the readings at several sizes are one."""
    other, name = _other(model, images, notes), type(model).__name__
    if other is None or any(differences(steps, other)):
        _check_batch(model, images, steps)
    if other is None:
        return steps
    steps, tried = agreed(name, steps, other), set[tuple[int, int]]()
    while (more := doubtful(steps, other)) is not None and more not in tried:
        tried.add(more)
        _, height, width = other.steps[0].shape
        size = (height + more[0], width + more[1])
        other = _steps(model, images.new_zeros((OTHER_BATCH, images.shape[1], *size)))
        steps = agreed(name, steps, other)
    return steps


def _check_batch(model: nn.Module, images: torch.Tensor, steps: Steps) -> None:
    """Raise DiptychError for a model that is another network for another number of images of the same size."""
    name = type(model).__name__
    try:
        other = _steps(model, images.new_zeros((OTHER_BATCH, *images.shape[1:])))
    except DiptychError as error:
        raise DiptychError(f"{name} takes batches of {len(images)} alone, and a network here any: {error}") from None
    found = list(differences(steps, other))
    if found:
        raise DiptychError(f"{name} is another network for {OTHER_BATCH} images than for {len(images)}, and a batch "
                           f"here has any number: {first_few(found, 6, '; ')}")  # fmt: skip


def _other(model: nn.Module, images: torch.Tensor, notes: list[str]) -> Steps | None:
    """The reading at another size; None, with a note, for a module that takes one size alone."""
    why = ""
    for size in larger(*images.shape[2:]):
        try:
            return _steps(model, images.new_zeros((OTHER_BATCH, images.shape[1], *size)))
        except DiptychError as error:
            why = why or str(error)
    height, width = images.shape[2:]
    notes.append(f"it takes images of {height} x {width} alone, as far as was tried: {printable(why, 200)}")
    return None
