"""Damaged and hostile inputs of every kind: each is refused with one clean error, or accepted and read right.

No code runs, nothing escapes as another exception, no signal ends the process, nothing takes more than its share of
memory and time, and nothing partial stays. `python -m hostile.drive` in parity_tests prints the table by hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from hostile import WANTED, Outcome
from hostile.drive import Counts, counts, drive
from hostile.inputs import KINDS
from writers import reliability

GROUPS = (
    ("torch", "legacy", "pickles"),
    ("safetensors", "npz", "archives", "headers"),
    ("keras", "weights.h5", "keras2", "HDF5"),
    ("onnx", "bundle", "saved", "frozen", "graphs"),
    ("darknet",),
    ("reports",),
    ("manifests", "nets"),
)
EACH, SOME = 500, 24
"""Of every kind, `make test` takes one input of so many, and `make test-slow`."""

PLANT = """
import os, signal
import diptych

inner, number, held = diptych.identify, 0, []

class Loud(diptych.DiptychError):
    def __str__(self):
        return chr(27) + "[31m"

def identify(path):
    global number
    number += 1
    if number == 1: raise AssertionError("a fault")
    if number == 2: open("RAN", "w").close()
    if number == 3: held.append(b"x" * (200 << 20))
    if number == 4: (path.parent / "left").write_text("x")
    if number == 5: raise Loud
    if number == 6: raise KeyboardInterrupt
    if number == 7: os.kill(os.getpid(), signal.SIGSEGV)
    raise diptych.DiptychError("refused")

def convert(*_, **__):
    raise diptych.DiptychError("refused")

diptych.identify, diptych.convert = identify, convert
"""


def faults(outcomes: Iterable[Outcome]) -> list[str]:
    return [f"{item.name}: {item.what} ({item.message})" for item in outcomes if item.what not in WANTED]


def test_some_of_every_kind_end_well() -> None:
    outcomes = drive(each=EACH)
    assert set(counts(outcomes)) == set(KINDS)
    assert faults(outcomes) == []


@pytest.mark.slow
@pytest.mark.parametrize("kinds", GROUPS, ids=lambda kinds: kinds[0])
def test_more_of_every_kind_end_well(kinds: tuple[str, ...]) -> None:
    assert faults(drive(kinds, each=SOME)) == []


@pytest.mark.full
@pytest.mark.parametrize("kinds", GROUPS, ids=lambda kinds: kinds[0])
def test_all_end_well(kinds: tuple[str, ...]) -> None:
    outcomes = drive(kinds)
    reliability.keep(outcomes)
    assert faults(outcomes) == []
    page = reliability.standing()
    for kind, found in counts(outcomes).items():
        # TensorFlow's files and reports are never the same bytes twice, so that a few damages differ.
        room = page[kind].inputs // 10
        assert all(abs(a - b) <= room for a, b in zip(found, page[kind], strict=True)), (kind, found)


def test_the_page_has_every_kind_and_3000_inputs_without_a_fault() -> None:
    page = reliability.standing()
    assert set(page) == set(KINDS) == {kind for group in GROUPS for kind in group}
    total = Counts(*(sum(column) for column in zip(*page.values(), strict=True)))
    assert total.inputs >= 3000
    assert total.faults == 0


def test_what_is_looked_for_is_found(tmp_path: Path) -> None:
    """Faults planted one after the other; the last one kills the worker."""
    plant = tmp_path / "plant.py"
    plant.write_text(PLANT)
    found = [outcome.what for outcome in drive(["safetensors"], 20, tmp_path, plant)]
    assert found[:2] == ["escaped: AssertionError", "code ran"]
    # The 200 MB of the fault, less what the process had free before (198 to 200 seen).
    assert re.fullmatch(r"(19\d|20\d) MB for a file of 0 kB", found[2]), found[2]
    assert found[3:6] == ["left left", "a message that is not safe to print", "escaped: KeyboardInterrupt"]
    assert found[6] == "died with -11"
