"""Weights in another type of numbers than the source has: wider is exact, narrower rounds, and it is said how far."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..common.errors import DiptychError
from ..common.spec import Array
from ..files import bfloat
from ..files.format import Format

KNOWN = ("float16", "bfloat16", "float32", "float64")
WITH_BFLOAT = ("safetensors", "torch")
"""Formats that have a type for bfloat16."""


def check_dtype(name: str | None, known: Format) -> None:
    """Raise DiptychError for a type that no weights are written in, or none of this format."""
    if name == bfloat.NAME and known.name not in WITH_BFLOAT:
        owner = {"npz": "NumPy", "darknet": "Darknet"}.get(known.name, "HDF5")
        raise DiptychError(
            f"{owner} has no type for bfloat16; write .safetensors or .pth, or float32 and set the dtype policy of the "
            "model that loads it"
        )
    if name in (None, *KNOWN):
        return
    why = ""
    if str(name).startswith(("int", "uint", "q")):
        why = ": whole numbers need a scale for each layer, which is quantisation, and another network"
    raise DiptychError(f"weights are written as {', '.join(KNOWN)}, not as {name!r}{why}")


def cast(
    weights: Mapping[str, Array], name: str | None
) -> tuple[Mapping[str, Array], Mapping[str, Array], tuple[str, ...]]:
    """(the weights before they were rounded, as they are written, notes) in a type, None for that which they have.

    What holds every number of the source is not rounded: then the first two are the same.
    """
    kinds = sorted({str(array.dtype) for array in weights.values()} - {name})
    if name is None or not kinds:
        return weights, weights, ()
    with np.errstate(over="ignore"):  # which is told below
        written = {key: bfloat.rounded(array) if name == bfloat.NAME else array.astype(name)
                   for key, array in weights.items()}  # fmt: skip
    if is_wider(weights, name):
        return written, written, (f"{' and '.join(kinds)} was widened to {name}, which holds each of its numbers",)
    if not all(np.isfinite(array).all() for key, array in written.items() if np.isfinite(weights[key]).all()):
        raise DiptychError(f"some weights are too large for {name}, in which they would be infinite; write float32")
    far = max(map(_change, weights.values(), written.values()))
    note = (
        f"{' and '.join(kinds)} was rounded to {name}: no weight moved by more than {far:.1e} of the largest beside it"
    )
    return weights, written, (note,)


def is_wider(weights: Mapping[str, Array], name: str) -> bool:
    """Whether a type holds every number of the weights."""
    return name != bfloat.NAME and all(np.can_cast(array.dtype, name, "safe") for array in weights.values())


def _change(before: Array, after: Array) -> float:
    """How far the numbers of a tensor moved, relative to the largest of them."""
    largest = float(np.abs(before).max(initial=0))
    return float(np.abs(before - after.astype(before.dtype)).max(initial=0)) / largest if largest else 0.0
