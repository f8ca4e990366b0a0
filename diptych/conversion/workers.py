"""Processes that convert files, one file each at a time: whose process dies is known, and none outlives its parent.

Nothing of diptych or of a framework is imported before a process has seen to its own end.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import connection, resource_tracker
from typing import Any

KILLED_WITH_PARENT = 1
"""PR_SET_PDEATHSIG of Linux's prctl."""
GRACE, PATIENCE = 1.0, 2.0
"""Seconds that last answers are waited for, and the end of a killed process."""


class _Worker:
    """A process, the pipe to it, and the task that it has."""

    def __init__(self, work: tuple[str, str]) -> None:
        # A forked process would share the threads of a framework that is loaded already.
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(theirs, work), daemon=True)
        self.task: Any = None
        with theirs, _interrupts_blocked():
            self.process.start()

    def give(self, task: Any) -> None:
        self.task = task
        with suppress(OSError):  # of a process that is dead, which shows when its answer is taken
            self.pipe.send(task)

    def end(self) -> None:
        self.process.kill()
        self.process.join(PATIENCE)


def spread(
    work: tuple[str, str],
    tasks: Sequence[Any],
    jobs: int,
    take: Callable[[Any], None],
    failed: Callable[[Any, str], Any],
) -> None:
    """Run a function, (module, name), for each task in one of several processes, and hand each answer to `take`.

    What `failed` makes of a task and the reason is the answer of a task whose process died. On any exception, such as
    a Ctrl-C, all processes are killed, after a second in which those that are done may say so.
    """
    waiting, workers = deque(tasks), list[_Worker]()
    try:
        while waiting or any(worker.task is not None for worker in workers):
            _hand_out(waiting, workers, work, jobs, take, failed)
            for worker in _ready(workers):
                answer = _answer(worker, failed)
                if worker.task is None:
                    workers.remove(worker)
                worker.task = None
                take(answer)
    except BaseException:
        _take_last(workers, take)
        raise
    finally:
        for worker in workers:
            worker.process.kill()
        for worker in workers:
            worker.end()


def _take_last(workers: Sequence[_Worker], take: Callable[[Any], None]) -> None:
    """Take the answers of those that are just about to give one: their files are there."""
    end = time.monotonic() + GRACE
    left = [worker for worker in workers if worker.task is not None]
    while left and (ready := _ready(left, max(0.0, end - time.monotonic()))):
        for worker in ready:
            left.remove(worker)
            with suppress(EOFError, OSError):
                take(worker.pipe.recv())


def _hand_out(
    waiting: deque[Any],
    workers: list[_Worker],
    work: tuple[str, str],
    jobs: int,
    take: Callable[[Any], None],
    failed: Callable[[Any, str], Any],
) -> None:
    """Give the next tasks to processes that have none, and start more of them up to `jobs`."""
    while waiting:
        idle = next((worker for worker in workers if worker.task is None), None)
        if idle is None and len(workers) >= jobs:
            return
        task = waiting.popleft()
        try:
            if idle is None:
                workers.append(idle := _Worker(work))
        except OSError as error:
            take(failed(task, f"no process could be started for it ({error.strerror or error})"))
            continue
        idle.give(task)


def _ready(workers: Sequence[_Worker], seconds: float | None = None) -> list[_Worker]:
    """The processes that have an answer, or are dead; waits for one, or so long."""
    busy = [worker for worker in workers if worker.task is not None]
    ready = connection.wait([worker.pipe for worker in busy], seconds)
    return [worker for worker in busy if worker.pipe in ready]


def _answer(worker: _Worker, failed: Callable[[Any, str], Any]) -> Any:
    """The answer of a process; where it died over its task, why, and the task is taken from it."""
    try:
        return worker.pipe.recv()
    except (EOFError, OSError):
        worker.end()
        task, worker.task = worker.task, None
        return failed(task, _why(worker.process.exitcode))


def _why(code: int | None) -> str:
    if code == -signal.SIGKILL:
        return "its process was killed; with fewer --jobs there is more memory for each"
    name = signal.Signals(-code).name if code is not None and -code in set(signal.Signals) else f"exit code {code}"
    return f"its process ended ({name}); please report it, with the file"


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Keep a Ctrl-C from the process that is started inside, which is its parent's to end."""
    resource_tracker.ensure_running()  # it would unblock the signal
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(pipe: Any, work: tuple[str, str]) -> None:
    """Answer tasks until the pipe is closed."""
    _end_with_parent()
    import importlib

    run = getattr(importlib.import_module(work[0]), work[1])
    with suppress(EOFError, OSError):
        while True:
            pipe.send(run(pipe.recv()))


def _end_with_parent() -> None:
    """See to it that this process ends when its parent does: by the kernel, or by a thread that waits for it."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def wait() -> None:
        connection.wait([parent.sentinel])
        os._exit(1)

    # While a library is loaded no thread of Python's runs, so the kernel is asked too, where it can be.
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(KILLED_WITH_PARENT, signal.SIGKILL)
    threading.Thread(target=wait, daemon=True).start()
