"""Work that is broken off at a chosen step: a forked process ends, as if killed, before one of its calls to the system.

For a process of its own, in which no framework has started threads.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

STEPS = ("open", "mkdir", "link", "pwrite", "fchmod", "fsync", "rename", "replace", "unlink", "rmdir")
KILLED = 137


def broken_off(work: Callable[[], Any], step: int) -> bool:
    """Do the work up to its step of a number, from 0; whether it has so many."""
    process = os.fork()
    if process:
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == KILLED
    left = step

    def counted(call: Callable[..., Any]) -> Callable[..., Any]:
        def run(*given: Any, **more: Any) -> Any:
            nonlocal left
            if left == 0:
                os._exit(KILLED)
            left -= 1
            return call(*given, **more)

        return run

    code = 1
    try:
        for name in STEPS:
            setattr(os, name, counted(getattr(os, name)))
        work()
        code = 0
    finally:
        os._exit(code)
