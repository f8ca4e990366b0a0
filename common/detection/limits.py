"""The limits of what suppression is asked for, checked for a detector as for a call."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from typing import Any

from ..errors import DiptychError

WHOLE = ("max_candidates", "max_boxes")


def require_numbers(values: Mapping[str, Any]) -> None:
    """Raises DiptychError for a threshold or a number of boxes that is no number; None is one that is not asked for."""
    for name, value in values.items():
        whole = name in WHOLE
        kind = numbers.Integral if whole else numbers.Real
        if value is not None and (isinstance(value, bool) or not isinstance(value, kind)):
            raise DiptychError(f"{name} is a {'whole ' if whole else ''}number, not {value!r}")


def require_limits(iou: float, score: float, max_candidates: int, max_boxes: int, sigma: float | None = None) -> None:
    """Raises DiptychError for thresholds outside [0, 1], another sigma, and numbers that leave no box or choice."""
    if sigma is not None and not 0 < sigma < math.inf:
        raise DiptychError(f"sigma is above 0, not {sigma}")
    for name, value in (("iou", iou), ("score", score)):
        if not 0 <= value <= 1:
            raise DiptychError(f"{name} is a threshold from 0 to 1, not {value}")
    if not 1 <= max_boxes <= max_candidates:
        raise DiptychError(
            f"max_boxes is 1 or more and at most max_candidates; they are {max_boxes} and {max_candidates}"
        )
