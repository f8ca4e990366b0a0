"""Several networks in one state dict, such as MoCo's two encoders or a student and a teacher: one must be named."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from ..common.errors import DiptychError
from ..common.text import first_few
from ..files.checkpoint import PREFIXES, Checkpoint
from ..files.layers import Layers
from .quantised import check_not_quantised
from .refusals import unnamed

DEPTH = 4
LEAST, ALIKE, COVERED = 0.26, 0.75, 0.8
"""A network has this part of the file's names, two share this part of theirs, and all together have this part."""


def part_of(checkpoint: Checkpoint, prefix: str) -> Checkpoint:
    """The part of a checkpoint whose names begin so; raises DiptychError, with what they begin with, for none.

    Raises DiptychError, too, for layers without names: the numbers of two may be those of each other;
    and for quantised weights.
    """
    if isinstance(checkpoint, Layers) and checkpoint.unnamed:
        raise unnamed(checkpoint)
    check_not_quantised(checkpoint)
    if not prefix:
        return checkpoint
    mark, bare = checkpoint.mark, prefix
    for known in (*PREFIXES, *PREFIXES):
        bare = bare.removeprefix(known)
    for one in (prefix, bare):
        one = one if one.endswith(mark) else one + mark
        if checkpoint.labels(one):
            return checkpoint.inside(one)
    heads = list(dict.fromkeys(name.partition(mark)[0] + mark for name in checkpoint.names if mark in name))
    raise DiptychError(f"{checkpoint.path} has no names that begin with {prefix!r}; they begin with "
                       f"{first_few(heads, 8) or 'nothing in common'}")  # fmt: skip


def rivals(checkpoint: Checkpoint) -> list[str]:
    """The prefixes of parts that have much the same names after them, and together nearly all names of the file.

    Whether they are networks is not looked at.
    """
    for groups in _levels(checkpoint):
        large = {head: names for head, names in groups.items() if len(names) >= LEAST * len(checkpoint.names)}
        found = list[str]()
        for one, two in combinations(large, 2):
            if len(large[one] & large[two]) >= ALIKE * len(large[one] | large[two]):
                found += [head for head in (one, two) if head not in found]
        if found and sum(len(large[head]) for head in found) >= COVERED * len(checkpoint.names):
            return found
    return []


def _levels(checkpoint: Checkpoint) -> Iterator[dict[str, set[str]]]:
    """Prefix -> the names after it, for prefixes of one part, of two, and so on."""
    mark = checkpoint.mark
    for depth in range(1, DEPTH + 1):
        groups: dict[str, set[str]] = {}
        for name in checkpoint.names:
            parts = name.split(mark)
            if len(parts) > depth:
                rest = mark.join(parts[depth:])
                for known in PREFIXES:  # of DINO's two networks one is wrapped
                    rest = rest.removeprefix(known)
                groups.setdefault(mark.join(parts[:depth]) + mark, set()).add(rest)
        yield groups


def several(checkpoint: Checkpoint, found: list[str]) -> DiptychError:
    """The error for a file of several networks."""
    listed = [f"{head!r} ({len(checkpoint.labels(head))} tensors)" for head in found]
    return DiptychError(
        f"{checkpoint.path} holds several networks with the same names, {', '.join(listed)}; say which one with "
        f"--prefix, such as --prefix {found[0]} (in Python, prefix=...)"
    )
