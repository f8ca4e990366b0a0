"""Short texts that many messages need: a shape, and the first few of many names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

TIMES = "\N{MULTIPLICATION SIGN}"


def shape_text(shape: Iterable[int], sign: str = "x") -> str:
    """A shape with a sign between its lengths; "" for none.

    >>> shape_text((64, 56, 48))
    '64x56x48'
    """
    return sign.join(str(int(length)) for length in shape)


def first_few(texts: Sequence[str], most: int, separator: str = ", ", last: str = " and ") -> str:
    """Up to `most` texts, and how many more there are.

    >>> first_few(["a", "b", "c"], 2), first_few(["a", "b"], 2)
    ('a, b and 1 more', 'a, b')
    """
    more = f"{last}{len(texts) - most} more" if len(texts) > most else ""
    return separator.join(texts[:most]) + more
