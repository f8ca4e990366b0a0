"""The command line as tests call it: in this process, or in one of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner, Result

from diptych.commands.cli import app


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def process(
    *words: str | Path, code: str = "from diptych.commands.cli import main; main()"
) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, with pipes for its output."""
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", code, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
