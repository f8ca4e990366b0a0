"""Read a PyTorch module: at two sizes of image, where it takes two."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from ...common.errors import DiptychError
from ...common.importing.draft import Missing, Step
from ...common.importing.foreign import said_of, unknown
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


def read(model: nn.Module, example: Any, one_size: bool = False, opaque: bool = False) -> Imported:
    """The Net and the weights of a module, as in evaluation; raises DiptychError with all that is in the way.

    What no op says runs as it is where that is `opaque`, and the Net is for a comparison alone.
    """
    model = bare(model)
    check(model)
    images = image(model, example)
    reading = _Reading(model, images, opaque)
    with left_alone(model):
        steps = reading.steps(images)
        notes, fixed = reading.notes, reading.fixed
        if one_size:
            reading.check_batch(steps)
        else:
            steps = reading.at_any_size(steps)
    notes += said_of(steps.steps)
    name = type(model).__name__
    doc = (type(model).__dict__.get("__doc__") or "").strip().partition("\n")[0]
    tensors = {n: t.detach().cpu().numpy() for n, t in _tensors(model).items() if n not in fixed}
    return imported(steps, tensors, name, name, doc, notes)


def _tensors(model: nn.Module) -> dict[str, torch.Tensor]:
    """The weights, each under the first of its names."""
    return {**dict(model.named_parameters()), **dict(model.named_buffers())}


def _where(step: Step) -> str:
    return step.scopes[-1].path if step.scopes else ""


@dataclass
class _Reading:
    """A module and its images, what is to be said of the first reading, and the buffers whose numbers stand in ops."""

    model: nn.Module
    images: torch.Tensor
    opaque: bool
    notes: list[str] = field(default_factory=list)
    fixed: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        """The class of the module."""
        return type(self.model).__name__

    def steps(self, images: torch.Tensor) -> Steps:
        """The steps at one size."""
        draft, outputs = read_graph(self.model, exported(self.model, images, not self.opaque), images, self.opaque)
        refuse(self.name, draft.missing)
        if images is self.images:
            self.fixed |= draft.fixed
            if draft.rounded:
                where = draft.rounded[0] or "the model itself"
                self.notes.append(f"it brings numbers to another precision (first in {where}), which is left out here")
            self.notes.extend(draft.said)
        if not outputs:
            raise DiptychError(f"{self.name} has no output")
        steps = tidied(draft.steps, outputs)
        refuse(self.name, [] if self.opaque else unknown(steps.steps))
        refuse(self.name, [Missing(UNTOLD, _where(s)) for s in steps.steps if s.op is None])
        return steps

    def at_any_size(self, steps: Steps) -> Steps:
        """The network of which the readings at several sizes are one."""
        other = self._other()
        if other is None or any(differences(steps, other)):
            self.check_batch(steps)
        if other is None:
            return steps
        steps, tried = agreed(self.name, steps, other), set[tuple[int, int]]()
        while (more := doubtful(steps, other)) is not None and more not in tried:
            tried.add(more)
            _, height, width = other.steps[0].shape
            other = self.steps(self._empty((height + more[0], width + more[1])))
            steps = agreed(self.name, steps, other)
        return steps

    def check_batch(self, steps: Steps) -> None:
        """Raise DiptychError for a model that is another network for another number of images of the same size."""
        height, width = self.images.shape[2:]
        try:
            other = self.steps(self._empty((height, width)))
        except DiptychError as error:
            self._refuse_batch(f"takes batches of {len(self.images)} alone, and a network here any: {error}")
            return
        if found := list(differences(steps, other)):
            told = first_few(found, 6, "; ")
            self._refuse_batch(f"is another network for {OTHER_BATCH} images than for {len(self.images)}, and a batch "
                               f"here has any number: {told}")  # fmt: skip

    def _refuse_batch(self, why: str) -> None:
        """Raise DiptychError, or note it where the network is compared as it is for two images."""
        if not self.opaque:
            raise DiptychError(f"{self.name} {why}")
        self.notes.append(f"it {why}; read as it is for {len(self.images)}")

    def _empty(self, size: tuple[int, int]) -> torch.Tensor:
        return self.images.new_zeros((OTHER_BATCH, self.images.shape[1], *size))

    def _other(self) -> Steps | None:
        """The reading at another size; None, with a note, for a module that takes one size alone."""
        why = ""
        height, width = self.images.shape[2:]
        for size in larger(height, width):
            try:
                return self.steps(self._empty(size))
            except DiptychError as error:
                why = why or str(error)
        self.notes.append(f"it takes images of {height} x {width} alone, as far as was tried: {printable(why, 200)}")
        return None
