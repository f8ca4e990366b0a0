"""How far a run over many files has come: a bar on a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress(text: str, total: int) -> Iterator[Callable[[], None]]:
    """A bar on a terminal's stderr, and what moves it on by one; nothing in a pipe."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress

    # A file of its own, since descriptor 2 is turned away now and then: see `quiet`.
    own = os.fdopen(os.dup(sys.stderr.fileno()), "w", encoding=sys.stderr.encoding)
    with own as terminal, Progress(console=Console(file=terminal)) as bar:
        task = bar.add_task(text, total=total)
        yield lambda: bar.update(task, advance=1, refresh=True)
