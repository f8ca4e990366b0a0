"""Small samples of the names of networks: which of them are worth holding against a file that has no network's names.

A sample only chooses which networks are traced and held against the file, and never decides: whatever is said of a file
follows from all names and shapes. It is the names whose digests are the smallest (Broder 1997), so that the samples of
like networks are alike, and their shares of a file can be compared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass

SAMPLE = 32
"""Names of a network that are kept, half of them those of normalisations, where it has such."""
LENGTH = 6
"""Hexadecimal digits of a name: of a file's thousand names, one in sixteen thousand others looks like one of them."""
LEAST = 0.1
"""The part of the names of file and network together that they must share for the network to be a near one."""

Packed = list[tuple[int, str]]
"""A sketch as the file has it: (count, digests one after the other) of layers and of normalisations."""


@dataclass(frozen=True)
class Sample:
    """Some of `count` names, by their digests."""

    count: int
    digests: tuple[str, ...]

    def share(self, present: Collection[str]) -> float:
        """The part of the sample whose digests are present; 1 of an empty one."""
        return sum(one in present for one in self.digests) / len(self.digests) if self.digests else 1.0


@dataclass(frozen=True)
class Sketch:
    """Samples of the names of one network: of its normalisations, which folding takes away, and of all else."""

    layers: Sample
    normalisations: Sample

    def overlap(self, present: Collection[str], count: int) -> float:
        """About which part of all names a file and the network share; 0 where it is surely less than LEAST.

        `present` are the digests of the file's names, `count` is their number.
        """
        parts, total = (self.layers, self.normalisations), self.layers.count + self.normalisations.count
        if min(count, total) < LEAST * max(count, total):
            return 0.0
        shared = sum(part.count * part.share(present) for part in parts)
        return shared / (count + total - shared)

    def may_be_folded(self, present: Collection[str], least: int) -> bool:
        """Whether a file may have the network's names but those of normalisations, of which it has some.

        `present` are the digests of the file's names, `least` is the number of those that no folding adds.
        """
        enough = least <= self.layers.count + self.normalisations.count
        return enough and self.normalisations.count > 0 and self.layers.share(present) == 1


def short_digest(name: str) -> str:
    """The digest of one name."""
    return hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:LENGTH]


def short_digests(names: Iterable[str]) -> frozenset[str]:
    """The digests of names."""
    return frozenset(map(short_digest, names))


def without_normalisations(names: Collection[str]) -> frozenset[str]:
    """The names of weights but those of normalisations, which are the layers that have a running variance."""
    normal = {name.removesuffix(".running_var") for name in names if name.endswith(".running_var")}
    return frozenset(name for name in names if name.rpartition(".")[0] not in normal)


def packed(names: Collection[str]) -> Packed:
    """The sketch of the names of a network, as the file has it."""
    layers = without_normalisations(names)
    parts = (layers, frozenset(names) - layers)
    size = SAMPLE // max(sum(map(bool, parts)), 1)
    return [(len(part), "".join(sorted(short_digests(part))[:size])) for part in parts]


def unpacked(found: Packed) -> Sketch:
    """The sketch that the file has."""
    return Sketch(*(Sample(count, _cut(text)) for count, text in found))


def _cut(text: str) -> tuple[str, ...]:
    return tuple(text[place : place + LENGTH] for place in range(0, len(text), LENGTH))
