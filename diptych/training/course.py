"""What is seen while both sides train: the losses, and the first thing that differs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..common.errors import DiptychError
from ..common.spec import Array
from ..common.training.setting import Observed


class Diverged(DiptychError):
    """A loss that is not finite in both, after `what` happened."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}; take a smaller rate, or other images")
        self.what = what


@dataclass(frozen=True)
class Parted:
    """The first thing that differs: in which step, of what kind, its name, how much, and why if it has no size."""

    step: int
    kind: str
    name: str
    gap: float
    tolerance: float
    why: str = ""
    pair: tuple[Array, Array] | None = field(default=None, repr=False)
    judged: str = ""
    """The side whose update is not what its rule means, where one is held to it."""

    @property
    def where(self) -> str:
        """What differs and when, in words."""
        named = f"{self.kind} of {self.name}" if self.name else self.kind
        return f"{named} after step {self.step}"


@dataclass
class Course:
    """What was seen of both while they were trained."""

    losses: tuple[list[float], list[float]] = field(default_factory=lambda: ([], []))
    parted: Parted | None = None
    worst: float = 0.0
    worst_at: str = ""
    compared: int = 0
    quiet: set[str] | None = None
    small: set[str] | None = None
    variances: float = 0.0
    """By how much the running variances differ as they stand, PyTorch's unbiased and Keras's biased."""
    reached: int = 0
    seen: Sequence[Observed] = ()
    """The step in which both part."""
