"""A side that is trained, whose code may raise whatever it likes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ..common.comparing.given import Pass
from ..common.errors import DiptychError
from ..common.spec import Array
from .sides import Side

T = TypeVar("T")


class Untrainable(DiptychError):
    """A model that raises an error of its own when it is trained."""


@dataclass(frozen=True)
class Trained:
    """A side that is trained: what its own code raises is told as its own."""

    side: Side

    def outputs(self, x: Array) -> Mapping[str, Array]:
        return self._own(lambda: self.side.exact.outputs(x))

    def step(self, x: Array, seeds: Sequence[Array], training: bool, turn: int) -> Pass:
        return self._own(lambda: self.side.exact.step(x, seeds, training, turn))

    def in_training(self, x: Array, turn: int) -> Mapping[str, Array]:
        return self._own(lambda: self.side.exact.in_training(x, turn))

    def _own(self, call: Callable[[], T]) -> T:
        try:
            return call()
        except Exception as error:
            raise Untrainable(f"{self.side.label} raises {shortly(error)}") from error


def shortly(error: Exception) -> str:
    """The kind of an error and the first line of what it says."""
    said = str(error).strip().partition("\n")[0]
    return (said if isinstance(error, DiptychError) else f"{type(error).__name__}: {said}")[:200]
