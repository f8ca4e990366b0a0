"""JSON of a stranger: parsed only where it is of a bearable size and depth, with each key once."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

VALUES = 2_000_000
"""Values in a text at most: they take some 100 bytes each as Python objects."""
DEPTH = 100


def loads(data: bytes | str, most: int = VALUES) -> Any:
    """The value of a text in UTF-8; raises ValueError where it is not JSON, too large or too deep, or has a key twice.

    >>> loads(b'{"a": [1, {}]}')
    {'a': [1, {}]}
    """
    text = data if isinstance(data, str) else data.decode("utf-8")
    values = text.count(",") + text.count("[") + text.count("{")
    if values > most:
        raise ValueError(f"it has some {values} values, more than the {most} that are read")
    try:
        found = json.loads(text, object_pairs_hook=_once)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    if is_deep(found):
        raise ValueError(f"it is nested deeper than {DEPTH} levels")
    return found


def is_deep(value: Any, most: int = DEPTH) -> bool:
    """Whether lists and objects lie in each other more than `most` times, found without a call for each level."""
    level = [value] if isinstance(value, (list, dict)) else []
    for _ in range(most):
        level = [
            part
            for item in level
            for part in (item.values() if isinstance(item, dict) else item)
            if isinstance(part, (list, dict))
        ]
        if not level:
            return False
    return True


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        raise ValueError(f"the key {counts.most_common(1)[0][0][:80]!r} is there twice")
    return found
