"""A conversion imports the framework that a file takes to read or to write, and not the other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from diptych.common.registry import spec
from diptych.common.weights import scrambled
from diptych.files import write


@pytest.mark.parametrize(
    ("before", "after", "imported"),
    [(".keras", ".safetensors", set()), (".safetensors", ".keras", set()), (".keras", ".pth", set())],
)
def test_only_the_framework_that_is_needed_is_imported(
    tmp_path: Path, before: str, after: str, imported: set[str]
) -> None:
    net = spec("lenet5_modern")
    write(tmp_path / f"in{before}", net, scrambled(net), {})
    code = "import diptych, sys; diptych.convert(sys.argv[1], sys.argv[2], check=None); "
    code += "print(*({'torch', 'tensorflow'} & set(sys.modules)))"
    command = [sys.executable, "-c", code, str(tmp_path / f"in{before}"), str(tmp_path / f"out{after}")]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert set(done.stdout.split()) == imported
