"""Short texts that many messages need: a shape, the first few of many names, and what is safe to print."""

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


MESSAGE, NAME = 2000, 200
"""Characters of a message, and of one name or path in it, at most."""


def printable(text: str, most: int = MESSAGE) -> str:
    r"""A text without characters that steer a terminal or break a line, and cut in its middle where it is long.

    Control characters, escape sequences, marks of direction and halves of surrogate pairs are written as Python does.

    >>> print(printable("a\x1b[31m\n\u202e" + chr(0xDC80)))
    a\x1b[31m\n\u202e\udc80
    >>> printable("0123456789" * 9, 40)
    '012345 ... 90 characters ... 90123456789'
    """
    if len(text) > most:
        middle = f" ... {len(text)} characters ... "
        room = max(most - len(middle), 2)
        text = text[: room - room * 2 // 3] + middle + text[len(text) - room * 2 // 3 :]
    if text.isprintable():
        return text
    safe = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
    return safe if len(safe) <= most else printable(safe, most)
