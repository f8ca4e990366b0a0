"""Channel counts under a width multiplier, as TensorFlow's slim models round them, and everybody after them."""

from __future__ import annotations

from ..errors import SpecError


def make_divisible(value: float, divisor: int = 8, floor: int | None = None) -> int:
    """The multiple of `divisor` next to `value` (halves go up), at least `floor`; it never takes off more than 10 %.

    `floor` is one divisor if not given. Raises SpecError where there is nothing to round.

    >>> make_divisible(24 * 0.75), make_divisible(16 * 0.35), make_divisible(8 * 1.4), make_divisible(20 * 0.55)
    (24, 8, 16, 16)
    """
    if not 0 < value < float("inf"):
        raise SpecError(f"a number of channels is positive, not {value!r}; is the width multiplier right?")
    rounded = max(divisor if floor is None else floor, int(value + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * value else rounded
