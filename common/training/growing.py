"""What grows in the course of training."""

from __future__ import annotations

from ..errors import DiptychError

DROP_BLOCK = 0.85
"""Darknet's DropBlock, its rate and its size, is at its most after this share of the training."""


def grown(most: float, step: int, steps: int, until: float = 1.0) -> float:
    """`most` times how much of `until` of all steps is done, up to `most`.

    So Darknet has the rate of self-adversarial training (`until` 1), and DropBlock's rate and size (0.85).

    >>> grown(0.1, 425, 1000, DROP_BLOCK), grown(0.1, 900, 1000, DROP_BLOCK)
    (0.05, 0.1)
    """
    if not (0 <= step <= steps and steps > 0 and 0 < until <= 1):
        raise DiptychError(
            "a step is from 0 to the number of steps, and `until` above 0 up to 1; they are "
            f"{step}, {steps} and {until}"
        )
    return most * min(step / (steps * until), 1.0)
