"""The second reading of a source and the proof, in a process of their own while the result is written, where they can.

So it is from a torch file to one of Keras: the result's second reader is then h5py, so that no framework is imported in
the process that writes, and none twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Self

from ..checking.proof import Precision, Proof, Side, prove
from ..files import source_format
from ..files.checkpoint import Checkpoint
from ..files.format import Format
from .apart import Beside, is_possible


def compared(checkpoint: Checkpoint, source: Path) -> str:
    """Words for the second reader of a source; raises DiptychError where it gives other bits."""
    from ..files.again.compare import compare

    return compare(checkpoint, source)


class Proving:
    """A proof that will run beside the writing; `result` is there while it is `begun`."""

    def __init__(self, check: Precision) -> None:
        self._check = check
        self._source: tuple[Checkpoint, Path] | None = None
        self._beside: Beside[tuple[str, Proof]] | None = None

    @classmethod
    def wanted(cls, source: Path, known: Format, check: Precision | None) -> Self | None:
        """A proof in a process of its own; None where there is none, or it is made in this one."""
        if check is None or known.framework != "tf" or not source.is_file() or not is_possible(source.stat().st_size):
            return None
        return cls(check) if source_format(source).framework == "torch" else None

    def keep(self, checkpoint: Checkpoint, source: Path) -> str:
        """Keep what is to be read again; the words for the reader come with the result."""
        self._source = (checkpoint, source)
        return ""

    @contextmanager
    def begun(self, given: Side, result: Side, unrounded: Side | None) -> Iterator[None]:
        """The proof at work in its process, which ends with the block, whatever ends that."""
        with Beside(partial(self._work, given, result, unrounded)) as self._beside:
            self._source = None
            yield

    def result(self) -> tuple[str, Proof]:
        """(words for the source's second reader, proof); raises what either raises."""
        if self._beside is None:
            raise RuntimeError("the proof has not begun")
        return self._beside.result()

    def _work(self, given: Side, result: Side, unrounded: Side | None) -> tuple[str, Proof]:
        said = list[str]()

        def read_again() -> None:
            if self._source is not None:
                said.append(compared(*self._source))

        proof = prove(given, result, self._check, unrounded, beside=Beside, meanwhile=read_again)
        return said[0], proof
