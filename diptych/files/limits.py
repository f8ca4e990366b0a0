"""How much data may come out of what a file stores; every reader asks before it makes an array."""

from __future__ import annotations

from dataclasses import dataclass

from ..common.errors import FileError

SWELL = 20
ALLOWANCE = 1 << 20
"""Data may be at most SWELL times as large as what is stored of it, plus ALLOWANCE bytes: weights hardly compress."""


def is_swollen(size: int, stored: int) -> bool:
    """Whether `size` bytes cannot come out of `stored` ones."""
    return size > SWELL * stored + ALLOWANCE


@dataclass
class Budget:
    """What is still to be had from a file of `stored` bytes, where many small claims could add up to a large one."""

    stored: int
    taken: int = 0

    def take(self, size: int, where: str) -> None:
        """Count an array of `size` bytes; raises FileError where the file claims more than it can hold."""
        self.taken += size
        if is_swollen(self.taken, self.stored):
            raise FileError(f"{where} brings what the file claims to {self.taken} bytes, but it stores {self.stored}")
