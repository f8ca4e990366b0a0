"""One stream of normal numbers drawn by several cores, bit for bit as one core draws it.

NumPy's ziggurat throws some words of the generator away, so that nobody knows at which word the n-th number begins. But
readers who start at different words of a stream soon start a number at the same one, and from there on they read alike.
So each core starts about where its share should, and is joined where it was in the state that the core before it is in:
what is joined is right whatever the estimates are worth, and where no state is met, the rest is drawn by one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from .spec import Array

WORDS = 1.022
"""Words of 32 bits to a number on average, and below the square root of their variance, as counted in 5 million."""
DEVIATION = 0.185
SHARE = 1 << 23
"""Fewer numbers are not worth a thread."""
MEETING = 64
CHUNK = 1 << 18

Generator = np.random.Generator


def standard_normal(generator: Callable[[], Generator], out: Array, cores: int) -> None:
    """Fill a contiguous float32 array with the numbers that a new generator (PCG64) draws."""
    flat = out.reshape(-1)
    count = max(1, min(cores, flat.size // SHARE))
    bounds = [flat.size * share // count for share in range(count + 1)]
    slacks = [int(4 * DEVIATION * math.sqrt(bound)) for bound in bounds[:-1]] + [0]
    readers = [_Reader(generator(), flat, bounds[k], slacks[k], bounds[k + 1] - slacks[k + 1]) for k in range(count)]
    with ThreadPoolExecutor(count) as pool:
        list(pool.map(_Reader.read, readers))
    done, rng = readers[0].end, readers[0].rng
    for reader in readers[1:]:
        done, rng = reader.joined(done, rng)
    rng.standard_normal(dtype=np.float32, out=flat[done:])


@dataclass
class _Reader:
    """One core's share: it starts within `slack` numbers of `begin` and writes from `begin + slack` up to `end`."""

    rng: Generator
    flat: Array
    begin: int
    slack: int
    end: int
    states: dict[tuple[int, ...], int] = field(default_factory=dict)

    def read(self) -> None:
        """Draw the share, and keep the states before its first numbers, but for the very first share."""
        start = self.begin + self.slack
        if self.begin:
            _pcg(self.rng).advance(int(self.begin * WORDS / 2))  # which counts words of 64 bits
            for place in range(start, start + MEETING):
                self.states[_state(self.rng)] = place
                self.flat[place] = self.rng.standard_normal(dtype=np.float32)
            start += MEETING
        self.rng.standard_normal(dtype=np.float32, out=self.flat[start : self.end])

    def joined(self, done: int, rng: Generator) -> tuple[int, Generator]:
        """Append the share to what is done: how many numbers are then, and the generator that is behind them."""
        if done < self.begin - self.slack:
            rng.standard_normal(dtype=np.float32, out=self.flat[done : self.begin - self.slack])
            done = self.begin - self.slack
        while (place := self.states.get(_state(rng))) is None:
            if done > self.begin + self.slack:
                rng.standard_normal(dtype=np.float32, out=self.flat[done : self.end])
                return self.end, rng
            self.flat[done] = rng.standard_normal(dtype=np.float32)
            done += 1
        for start in range(place, self.end, CHUNK):
            chunk = self.flat[start : min(start + CHUNK, self.end)]
            self.flat[done : done + len(chunk)] = chunk
            done += len(chunk)
        return done, self.rng


def _state(rng: Generator) -> tuple[int, ...]:
    """Where a generator is in its stream; the half of a word that it keeps counts only until it is used."""
    state = _pcg(rng).state
    return state["state"]["state"], state["has_uint32"], state["has_uint32"] and state["uinteger"]


def _pcg(rng: Generator) -> np.random.PCG64:
    assert isinstance(rng.bit_generator, np.random.PCG64)  # noqa: S101  for the type checker: default_rng says so
    return rng.bit_generator
