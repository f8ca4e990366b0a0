"""A Ctrl-C that ends a run in time, also where native code, which does not look for one, is at work."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

LATEST = 4.0
"""Seconds from a Ctrl-C to the end of the process."""
INTERRUPTED = 130


@contextmanager
def ending_in_time() -> Iterator[None]:
    """End the process some seconds after a Ctrl-C, unless the block has ended by then.

    Only where Ctrl-C does what it usually does, and nobody else listens for signals.
    """
    usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not usual or threading.current_thread() is not threading.main_thread():
        yield
        return
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    before = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
    watcher = threading.Thread(target=_watch, args=(ours,), daemon=True)
    with ours, theirs:
        try:
            if before == -1:
                watcher.start()
            else:
                signal.set_wakeup_fd(before)
            yield
        finally:
            signal.set_wakeup_fd(before)
            theirs.close()
            if before == -1:
                watcher.join()


def _watch(numbers: socket.socket) -> None:
    """Read the numbers of signals until no more can come; after that of a Ctrl-C they must end in time."""
    end: float | None = None
    try:
        while said := numbers.recv(64):
            if end is None and signal.SIGINT in said:
                end = time.monotonic() + LATEST
            if end is not None:
                numbers.settimeout(max(end - time.monotonic(), 0.001))
    except TimeoutError:
        os._exit(INTERRUPTED)
