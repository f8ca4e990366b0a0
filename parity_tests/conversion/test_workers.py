"""Worker processes: whose process dies is known, the others go on, and none outlives its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from worker_tasks import work

from diptych.conversion.workers import spread

WORK = (work.__module__, work.__name__)


def answers(*tasks: str, jobs: int = 2) -> dict[str, str]:
    """Task -> what was answered, or why it was not."""
    found: dict[str, str] = {}

    def take(answer: str) -> None:
        task, _, rest = answer.partition(" by ")
        found[task] = rest

    spread(WORK, tasks, jobs, take, lambda task, why: f"{task} by {why}")
    return found


def test_each_task_is_answered_once_by_as_many_processes_as_were_asked_for() -> None:
    found = answers(*(f"task {number}" for number in range(6)))
    assert sorted(found) == [f"task {number}" for number in range(6)]
    assert 1 <= len(set(found.values())) <= 2


def test_a_process_that_dies_is_the_error_of_its_own_task_alone() -> None:
    killed = {f"kill {int(number)}": number.name for number in (signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM)}
    found = answers("a", *killed, "b", "exit 3", "c")
    assert all(found[task].isdigit() for task in ("a", "b", "c"))
    assert found.pop("kill 9") == "its process was killed; with fewer --jobs there is more memory for each"
    assert "(exit code 3)" in found["exit 3"]
    for task in set(killed) - {"kill 9"}:
        assert f"({killed[task]})" in found[task]


def test_an_exception_in_the_parent_ends_all_processes_after_their_last_answers() -> None:
    taken: list[str] = []

    def take(answer: str) -> None:
        taken.append(answer)
        if len(taken) == 1:
            raise KeyboardInterrupt

    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        spread(WORK, ["first", "sleep 0.5", "sleep 100", "never"], 3, take, lambda task, why: f"{task} by {why}")
    assert time.monotonic() - start < 60
    assert {answer.partition(" by ")[0] for answer in taken} <= {"first", "sleep 0.5", "never"}
    for answer in taken:
        with pytest.raises(ProcessLookupError):
            os.kill(int(answer.partition(" by ")[2]), 0)


PARENT = """
from conversion.test_workers import WORK, spread
import sys
spread(WORK, ["a", "b", *sys.argv[1:]], 2, lambda answer: print(answer, flush=True), print)
"""


@pytest.mark.parametrize("task", ["sleep 100", "hold"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_no_process_outlives_its_parent(task: str, number: signal.Signals) -> None:
    """Also where one is in a call that lets no other thread run."""
    tests = Path(__file__).parents[1]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tests), str(tests.parent)])}
    command = [sys.executable, "-c", PARENT, task, task]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as parent:
        assert parent.stdout is not None
        workers = {int(parent.stdout.readline().partition(" by ")[2]) for _ in "ab"}
        time.sleep(0.3)
        parent.send_signal(number)
        start = time.monotonic()
        parent.stdout.read()  # ends when the last process that has it ends
        assert time.monotonic() - start < 5
    for worker in workers:
        assert not Path(f"/proc/{worker}").exists() or "Z" in Path(f"/proc/{worker}/stat").read_text().split()[2]
