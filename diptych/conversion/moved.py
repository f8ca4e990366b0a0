"""The weights of a source on their way: in another form, in other names, in another type of numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..checking.proof import Proof, Side
from ..common.spec import Array
from ..files import bfloat, source_format
from ..files.content import Content
from ..files.format import Format
from .dtypes import cast
from .forms import target
from .identify import Identified
from .report import record


@dataclass(frozen=True)
class Moved:
    """What is written: `content`; `exact` are its weights before rewritten ones were rounded to the file's dtype."""

    content: Content
    exact: Mapping[str, Array]
    notes: tuple[str, ...]

    def unrounded(self, framework: str) -> Side | None:
        """The network with the weights before rounding, None where none was rewritten."""
        rewritten = any(self.exact[name] is not array for name, array in self.content.arrays.items())
        return Side(self.content.net, framework, self.exact) if rewritten else None

    def stating(self, proof: Proof) -> Content:
        """The content with what was measured in its record."""
        measured = {"difference": proof.difference, "precision": proof.precision}
        return replace(self.content, record={**self.content.record, **measured})


def moved_to(
    found: Identified, arrays: Mapping[str, Array], sha256: str, form: str | None, library: str, known: Format
) -> Moved:
    """The weights of a source in the form and the names that are asked for, with what the format has a place for."""
    net, exact, dialect, notes = target(found.net, arrays, form, library)
    said = record(found, net, dialect, sha256)
    extras, lost = (found.checkpoint.extras, ()) if not known.silent else ({}, _lost(found))
    notes += lost + tuple({one.caution: None for one in (source_format(found.checkpoint.path), known) if one.caution})
    return Moved(Content(net, _round(exact, arrays), extras, dialect, said), exact, notes)


def in_dtype(moved: Moved, dtype: str | None) -> Moved:
    """What is written, in the type of numbers that is asked for."""
    if dtype is None:
        return moved
    exact, arrays, notes = cast(moved.exact, dtype)
    content = replace(moved.content, arrays=arrays, bfloat=dtype == bfloat.NAME)
    return replace(moved, exact=exact, content=content, notes=moved.notes + notes)


def _lost(found: Identified) -> tuple[str, ...]:
    """What is left out for a format that has no place for batch counters."""
    return ("the batch counters are left out, which the format has no place for",) * any(
        found.checkpoint.extras.values()
    )


def _round(exact: Mapping[str, Array], arrays: Mapping[str, Array]) -> dict[str, Array]:
    """Rewritten weights in the dtype that the others have."""
    kinds = {array.dtype for array in arrays.values()}
    dtype = kinds.pop() if len(kinds) == 1 else None
    return {name: array if dtype in (None, array.dtype) else array.astype(dtype) for name, array in exact.items()}
