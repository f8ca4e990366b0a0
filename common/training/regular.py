"""What regularisation is given, checked once for NumPy and both frameworks; a length of None is not known yet."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import DiptychError


def require_seeds(x: Sequence[int | None], seeds: Sequence[int | None], axes: tuple[int, int, int], block: int) -> None:
    """Raises DiptychError for seeds that do not belong to maps; `axes` are those of channels, rows and columns.

    A size of None is one that is not known yet.
    """
    channels, *places = axes
    good = len(x) == len(seeds) == 4 and isinstance(block, int) and block >= 1
    pairs = [(x[0], seeds[0], 0), (x[channels], seeds[channels], 0)] if good else []
    pairs += [(x[axis], seeds[axis], block - 1) for axis in places] if good else []
    if not good or any(None not in (a, b) and (a or 0) - less != b for a, b, less in pairs) or 0 in tuple(seeds):
        raise DiptychError(
            f"seeds for blocks of {block} have the maps' shape {tuple(x)} with {block} - 1 rows and columns less, and "
            f"at least one of each; their shape is {tuple(seeds)}"
        )


def require_rate(x: Sequence[int | None], keep: Sequence[int | None], rate: float) -> None:
    """Raises DiptychError for a rate outside of 0 to below 1, and for another number of images that are kept."""
    if not 0 <= rate < 1:
        raise DiptychError(f"the rate of stochastic depth is from 0 to below 1, not {rate}")
    if len(keep) != 1 or (None not in (x[0], keep[0]) and x[0] != keep[0]):
        raise DiptychError(
            f"stochastic depth takes (N,), 1 for each image that is kept, for {tuple(x)}, not {tuple(keep)}"
        )


def require_channels(x: Sequence[int | None], scale: Sequence[int], shift: Sequence[int], axis: int) -> None:
    """Raises DiptychError for what is no mini-batch of maps, and for another number of scales or shifts."""
    known = None not in x
    if len(x) != 4 or 0 in tuple(x) or any(tuple(each) != (x[axis],) for each in (scale, shift)):
        raise DiptychError(
            f"CmBN takes a mini-batch of maps, with scale and shift for the channels on axis {axis}; their shapes are "
            f"{tuple(x)}, {tuple(scale)} and {tuple(shift)}"
        )
    if known and np.prod([length or 1 for length in x]) == x[axis]:
        raise DiptychError("CmBN needs two numbers in a channel or more: one has no variance")


def require_logits(objects: Sequence[int], classes: Sequence[int], sizes: Sequence[int]) -> None:
    """Raises DiptychError for shapes that do not belong together."""
    if tuple(classes[:-1]) != tuple(objects) or tuple(sizes) != (*objects, 2) or len(classes) != len(objects) + 1:
        raise DiptychError(
            "absent takes objects (...), classes (..., C) and sizes (..., 2); their shapes are "
            f"{tuple(objects)}, {tuple(classes)} and {tuple(sizes)}"
        )
