"""What worker processes are given to do in tests: things that end well, badly, or not at all."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from pathlib import Path


def work(task: str) -> str:
    """Do what a word says; what comes back is the word with the process that did it."""
    name, _, number = task.partition(" ")
    if name == "kill":
        os.kill(os.getpid(), int(number))
    if name == "once" and not Path(number).exists():
        Path(number).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if name == "exit":
        sys.exit(int(number))
    if name == "sleep":
        time.sleep(float(number))
    if name == "hold":  # all threads of Python's, in one call that takes hours
        re.match(r"(a+)+$", "a" * 64 + "b")
    return f"{task} by {os.getpid()}"
