"""Numbers as a page shows them."""

from __future__ import annotations

import math


def short(value: float | None) -> str:
    """A difference in two digits.

    >>> short(3.14e-7), short(0.0), short(math.inf), short(None)
    ('3.1e-07', '0', 'not finite', '')
    """
    if value is None:
        return ""
    if not math.isfinite(value):
        return "not finite"
    return f"{value:.1e}" if value else "0"


def plain(value: float) -> str:
    """A number of a tensor.

    >>> plain(-1.23456), plain(12345678.0)
    ('-1.235', '1.235e+07')
    """
    return f"{value:.4g}"
