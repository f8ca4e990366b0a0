"""What is asked of a conversion, apart from its source."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..checking.proof import Precision
from ..common.dialect import EMITTED, OWN
from ..common.errors import DiptychError
from ..files import format_of
from .forms import library_name
from .report import report_path


@dataclass(frozen=True)
class Request:
    """What is asked of a conversion, whatever is converted."""

    destination: Path
    emit: str | Path | None
    check: Precision | None
    force: bool
    gradients: bool
    one_size: bool
    to: str
    say: Callable[[str], None]
    html: Path | None = None

    @property
    def source(self) -> Path:
        """Where the emitted source goes."""
        if self.emit is not None:
            return Path(self.emit)
        name, ends = self.destination.name, format_of(self.destination).suffixes
        end = max((end for end in ends if name.lower().endswith(end)), key=len)
        return self.destination.with_name(f"{name[: -len(end)]}.py")

    @property
    def paths(self) -> list[Path]:
        """All that is written: the weights, their report, the source, and the page where one is asked for."""
        return [self.destination, report_path(self.destination), self.source, *([self.html] if self.html else [])]

    def refuse(self, asked: Mapping[str, Any]) -> None:
        """Raise DiptychError for what is asked for that only the file of a registered network takes."""
        given = [name for name, value in asked.items() if value is not None]
        if given:
            raise DiptychError(f"{given[0]} is for files of registered networks; a model of your own takes none")
        if library_name(self.to) not in (OWN, EMITTED):
            raise DiptychError(f"{self.to} has no names for a model of your own; leave out `to` (--to)")

    def refuse_more(self, example: Any) -> None:
        """Raise DiptychError for what is asked for that only a model of somebody's own takes."""
        given = {"example": example, "emit": self.emit, "gradients": self.gradients or None}
        wrong = [name for name, value in given.items() if value is not None] + ["one_size"] * self.one_size
        if wrong:
            raise DiptychError(f"{wrong[0]} is for a model of your own, and this file is of a registered network")
