"""Every network is the one that its golden file shows, so that a change of architecture is a diff for a reviewer.

After a change that is meant, write the files anew and read the diff:

    python -m parity_tests.test_golden --write
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from diptych.common.registry import networks, spec
from diptych.common.summary import summary

GOLDEN = Path(__file__).with_name("golden")


@pytest.mark.parametrize("name", networks())
def test_network_is_the_golden_one(name: str) -> None:
    assert summary(spec(name)) == (GOLDEN / f"{name}.txt").read_text()


def test_every_golden_file_has_a_network() -> None:
    assert sorted(path.name for path in GOLDEN.iterdir()) == sorted(f"{name}.txt" for name in networks())


def write() -> None:
    """Write the golden file of every network, and remove those of networks that are gone."""
    GOLDEN.mkdir(exist_ok=True)
    for path in GOLDEN.glob("*.txt"):
        path.unlink()
    for name in networks():
        (GOLDEN / f"{name}.txt").write_text(summary(spec(name)))


if __name__ == "__main__" and sys.argv[1:] == ["--write"]:
    write()
