"""Conversions on a Ray cluster, one file each at a time: Ray starts and places the processes, and tells which are lost.

The machines see one file system: sources are read and results written where they are, by the same transactions as here.
A machine that does not see it, or has other versions than this one, ends the run before it has written anything.
https://docs.ray.io/en/latest/ray-core/fault_tolerance/tasks.html
"""

from __future__ import annotations

import importlib
import os
import platform
import socket
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, redirect_stdout, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..common.errors import DiptychError, NotInstalled
from ..common.language import Message, message
from ..common.text import NAME, printable
from ..files.staging import Stage
from .report import versions

AUTO = "auto"
"""The address of the cluster that this machine is in."""
TRIES = 3
"""How often a file is given to a process that is then lost."""
SECONDS, GRACE = 5.0, 2.0
"""How long an address has to answer, and processes to end."""
GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))
"""What an HTTP/2 client says first, with settings that are empty; gRPC, which Ray speaks, answers with its own."""
SETTINGS = 4


@dataclass(frozen=True)
class Unfit:
    """The answer of a machine that can take no file: a folder that it does not see, or versions, there and here."""

    machine: str
    folder: str = ""
    there: str = ""
    here: str = ""

    def error(self) -> DiptychError:
        """What the run ends with."""
        machine = printable(self.machine, NAME)
        if self.folder:
            return DiptychError(
                message(
                    "the machine {machine} of the cluster does not see the folder {folder} of this one; every machine "
                    "needs the same folders at the same paths",
                    machine=machine,
                    folder=self.folder,
                )
            )
        return DiptychError(
            message(
                "the machine {machine} of the cluster has {there}, and this one {here}; the same bits need the same "
                "versions",
                machine=machine,
                there=printable(self.there, NAME),
                here=printable(self.here, NAME),
            )
        )


@dataclass(frozen=True)
class Home:
    """Where the command runs, which a machine of the cluster must see, and what it must have installed.

    `mark` is a hidden folder in `folder`, with a name that is no other's.
    """

    place: str
    folder: Path
    mark: str
    versions: Mapping[str, str] = field(default_factory=versions)

    def enter(self) -> Unfit | None:
        """Make paths here what they are for the command; why this machine can take no file, where that is so."""
        machine = platform.node()
        try:
            os.chdir(self.place)
        except OSError:
            return Unfit(machine, folder=self.place)
        if not os.path.lexists(self.folder / self.mark):
            return Unfit(machine, folder=str(self.folder))
        found = versions()
        names = sorted(name for name in {*found, *self.versions} if found.get(name) != self.versions.get(name))
        there, here = (", ".join(f"{name} {some.get(name, '-')}" for name in names) for some in (found, self.versions))
        return Unfit(machine, there=there, here=here) if names else None


def check(address: str) -> None:
    """Raise NotInstalled without Ray, and DiptychError for an address at which no cluster can be."""
    try:
        importlib.import_module("ray")
    except ModuleNotFoundError:
        raise NotInstalled(message("converting on a cluster needs Ray: pip install 'diptych[ray]'")) from None
    if address == AUTO:
        return
    host, colon, port = address.rpartition(":")
    if not (host and colon and port.isascii() and port.isdigit() and 0 < int(port) < 1 << 16) or "/" in host:
        raise DiptychError(
            message(
                "--ray is the address of a Ray cluster that this machine is in, HOST:PORT as `ray start` prints it, or "
                "auto, not {address!r}",
                address=address,
            )
        )
    if why := _unreachable(host.strip("[]"), int(port)):
        raise _no_cluster(address, why)


def _unreachable(host: str, port: int) -> str:
    """Why no gRPC is spoken at an address, "" where it is: Ray itself would try for minutes, or for ever."""
    try:
        with socket.create_connection((host, port), SECONDS) as line:
            line.settimeout(SECONDS)
            line.sendall(GREETING)
            said = line.recv(4)
    except OSError as error:
        return error.strerror or message("no answer")
    return "" if len(said) == 4 and said[3] == SETTINGS else message("what answers is no Ray")


def _no_cluster(address: str, why: str) -> DiptychError:
    return DiptychError(
        message(
            "there is no Ray cluster at {address} ({why}); start one with `ray start --head`, and give the address "
            "that it prints",
            address=address,
            why=why if isinstance(why, Message) else printable(why, NAME),
        )
    )


def spread(
    address: str,
    work: tuple[str, str],
    tasks: Sequence[Any],
    jobs: int | None,
    folder: Path,
    take: Callable[[Any], None],
    failed: Callable[[Any, str], Any],
) -> None:
    """Run a function, (module, name), for each task in a process of the cluster, and hand each answer to `take`.

    So many at once as `jobs` says, or as the cluster has processors. A task whose process or machine is lost is given
    to another; what `failed` makes of it and the reason is its answer after `TRIES` times. Raises DiptychError where a
    machine does not see `folder` and the current folder, or has other versions. On any exception the tasks are ended.
    """
    ray = importlib.import_module("ray")
    with closing(Stage(folder)) as stage, _connected(ray, address):
        home = Home(os.getcwd(), folder, stage.path.name)
        _Run(ray, home, work, failed).all(tasks, jobs or _processors(ray, address), take)


@contextmanager
def _connected(ray: Any, address: str) -> Iterator[None]:
    """Ray's connection, silent: what processes print there stays there, and of lost ones Ray prints to stdout."""
    os.environ["RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO"] = "0"  # else Ray warns of a change to come
    with open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
        try:
            ray.init(address=address, log_to_driver=False, logging_level="ERROR")
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise _no_cluster(address, str(error).partition("\n")[0]) from None
        try:
            yield
        finally:
            ray.shutdown()


def _processors(ray: Any, address: str) -> int:
    found = int(ray.cluster_resources().get("CPU", 0))
    if not found:
        raise _no_cluster(address, message("none of its machines gives a processor"))
    return found


class _Run:
    """Tasks on their way through a cluster."""

    def __init__(self, ray: Any, home: Home, work: tuple[str, str], failed: Callable[[Any, str], Any]) -> None:
        self.ray, self.failed = ray, failed
        # Ray repeats a task that ran out of memory for ever, so that it is counted here.
        remote = ray.remote(max_retries=0, scheduling_strategy="SPREAD")(answer)
        self.start: Callable[[Any], Any] = lambda task: remote.remote(home, work, task)

    def all(self, tasks: Sequence[Any], jobs: int, take: Callable[[Any], None]) -> None:
        """Hand the answer to each task to `take`."""
        waiting, running = deque((task, 1) for task in tasks), dict[Any, tuple[Any, int]]()
        try:
            while waiting or running:
                while waiting and len(running) < jobs:
                    task, turn = waiting.popleft()
                    running[self.start(task)] = task, turn
                for reference in self.ray.wait(list(running))[0]:
                    task, turn = running.pop(reference)
                    if (found := self._answer(reference, task, turn)) is None:
                        waiting.append((task, turn + 1))
                    else:
                        take(found)
        except BaseException:
            self._end(list(running), take)
            raise

    def _answer(self, reference: Any, task: Any, turn: int) -> Any:
        """The answer to a task; None where it is to be tried again. Raises DiptychError of an unfit machine."""
        errors = self.ray.exceptions
        try:
            found = self.ray.get(reference)
        except errors.RayTaskError as error:
            raise DiptychError(
                message(
                    "a process of the cluster cannot run diptych ({why}); install the same version on every machine",
                    why=printable(f"{type(error.cause).__name__}: {error.cause}", NAME),
                )
            ) from None
        except errors.RayError as error:
            if turn < TRIES:
                return None
            why = f"its process was lost {TRIES} times ({type(error).__name__}), as where memory runs out"
            return self.failed(task, why)
        if isinstance(found, Unfit):
            raise found.error()
        return found

    def _end(self, running: Sequence[Any], take: Callable[[Any], None]) -> None:
        """End what runs, after taking the answers of those that are done: their files are there."""
        done, rest = self.ray.wait(running, num_returns=len(running), timeout=0) if running else ([], [])
        for reference in rest:
            with suppress(self.ray.exceptions.RayError):
                self.ray.cancel(reference, force=True)
        for reference in done:
            with suppress(self.ray.exceptions.RayError):
                found = self.ray.get(reference)
                if not isinstance(found, Unfit):
                    take(found)
        if rest:
            self.ray.wait(rest, num_returns=len(rest), timeout=GRACE)


def answer(home: Home, work: tuple[str, str], task: Any) -> Any:
    """Answer one task, in a process of the cluster."""
    if unfit := home.enter():
        return unfit
    return getattr(importlib.import_module(work[0]), work[1])(task)
