"""Every network is the one that its golden file shows, so that a change of architecture is a diff for a reviewer.

After a change that is meant, `make write` writes the files anew; read the diff.
"""

from __future__ import annotations

import pytest
from selection import ALL_NETWORKS
from writers.golden import FOLDER

from diptych.common.registry import networks, spec
from diptych.common.summary import summary


@ALL_NETWORKS
@pytest.mark.parametrize("name", networks())
def test_network_is_the_golden_one(name: str) -> None:
    assert summary(spec(name)) == (FOLDER / f"{name}.txt").read_text()


def test_every_golden_file_has_a_network() -> None:
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(f"{name}.txt" for name in networks())
