"""Work in a copy of this process, beside what this one goes on doing: the proof of a conversion while it is written.

A copy has all arrays without moving them. It is made only of a process that has no framework yet, whose threads would
not be in it; and it ends with the process that made it, whatever happens to either.
"""

from __future__ import annotations

import ctypes
import os
import pickle
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Generic, NoReturn, TypeVar

from ..common.errors import DiptychError

T = TypeVar("T")
HEAVY = ("torch", "tensorflow", "jax")
"""What has threads of its own."""
SPINNER = "rich.live"
"""Whose thread turns a line at a terminal: a copy has no use for it."""
ROOM = 2 << 30
"""Bytes that two frameworks take, at most, before they hold a network."""
TIMES = 12
"""How often weights are in memory where a proof runs beside the writing: in both frameworks in float64, and here."""
KILLED_WITH_PARENT = 1
"""PR_SET_PDEATHSIG of Linux's prctl."""

_WANTED: ContextVar[bool] = ContextVar("apart", default=False)


@contextmanager
def apart() -> Iterator[None]:
    """Let a proof run beside the writing, where it can: for a process that makes one conversion, and imports once."""
    token = _WANTED.set(True)
    try:
        yield
    finally:
        _WANTED.reset(token)


def is_possible(weights: int) -> bool:
    """Whether work may go into a copy of this process, with so many bytes of weights: wanted, safe, and with room."""
    if not _WANTED.get() or not sys.platform.startswith("linux") or any(name in sys.modules for name in HEAVY):
        return False
    others = [thread for thread in threading.enumerate() if thread is not threading.current_thread()]
    return all(type(thread).__module__ == SPINNER for thread in others) and available() >= ROOM + TIMES * weights


def available() -> int:
    """Bytes of memory that the system, and the group that this process is in, have left; 0 where neither says."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        free = next(int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError):
        return 0
    group = Path("/sys/fs/cgroup")
    with suppress(OSError, ValueError):
        most, used = (int((group / name).read_text(encoding="ascii")) for name in ("memory.max", "memory.current"))
        free = min(free, most - used)
    return free


class Beside(Generic[T]):
    """Work that runs in a copy of this process; to be ended as a context."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._pipe, theirs = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of threads: those that there may be are known
            self._pid = os.fork()
        if not self._pid:
            _run(work, theirs)
        os.close(theirs)

    def __enter__(self) -> Beside[T]:
        return self

    def __exit__(self, *error: object) -> None:
        self._end(signal.SIGKILL)

    def result(self) -> T:
        """What the work gives, or raises; DiptychError where its process died."""
        with os.fdopen(os.dup(self._pipe), "rb") as pipe:
            said = pipe.read()
        code = self._end()
        if not said:
            why = f"ended with signal {-code}" if code < 0 else f"ended with code {code}"
            raise DiptychError(
                f"the process of the check {why}, as where memory runs out; nothing was written. Free some memory, or "
                "convert without the check (--no-check)"
            )
        value, error = pickle.loads(said)  # noqa: S301  # of our own copy
        if error is not None:
            raise error
        found: T = value
        return found

    def _end(self, number: int = 0) -> int:
        """The exit code of the process, which is waited for; below zero for a signal."""
        if not self._pid:
            return 0
        pid, self._pid = self._pid, 0
        os.close(self._pipe)
        if number:
            os.kill(pid, number)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _run(work: Callable[[], Any], pipe: int) -> NoReturn:
    """Do the work, say what it gave, and end this process: it never goes back into the program that it is a copy of."""
    try:
        _alone()
        try:
            said = _packed((work(), None))
        except BaseException as error:  # noqa: BLE001  # the process that waits raises it
            error.add_note(f"in the process of the check:\n{traceback.format_exc()}") if not _is_plain(error) else None
            said = _packed((None, error))
        with os.fdopen(pipe, "wb") as stream:
            stream.write(said)
    finally:
        os._exit(0)


def _alone() -> None:
    """Die with the process that made this one, and of a Ctrl-C at once; speak where it does, by a stream of our own."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(KILLED_WITH_PARENT, signal.SIGKILL)
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1):
        os.dup2(null, number)
    # Another thread may have held the lock of sys.stderr when this copy was made.
    sys.stderr = os.fdopen(os.dup(_number(sys.stderr)), "w", buffering=1, encoding="utf-8", errors="backslashreplace")
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  # as long as this process


def _number(stream: Any) -> int:
    try:
        return int(stream.fileno())
    except (AttributeError, OSError, ValueError):
        return 2


def _is_plain(error: BaseException) -> bool:
    return isinstance(error, DiptychError)


def _packed(answer: tuple[Any, BaseException | None]) -> bytes:
    """An answer as bytes; an error that cannot be sent goes as its text."""
    try:
        said = pickle.dumps(answer)
        pickle.loads(said)  # noqa: S301  # our own
        return said
    except Exception:  # noqa: BLE001  # whatever a class of errors does
        kind, text = type(answer[1]).__name__, str(answer[1])
        return pickle.dumps((None, RuntimeError(f"{kind}: {text}")))
