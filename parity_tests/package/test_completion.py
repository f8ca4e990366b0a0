"""What a shell completes, asked as the shells' own scripts ask; and what `--install-completion` writes."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from diptych.commands import completion
from diptych.common.registry import canonical, networks
from diptych.traps.known import known


def asked(shell: str, line: str, **more: str) -> subprocess.CompletedProcess[str]:
    """The answer to a line that is not yet whole."""
    told = {"bash": {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split()) - 1)},
            "zsh": {"_TYPER_COMPLETE_ARGS": line},
            "fish": {"_TYPER_COMPLETE_ARGS": line, "_TYPER_COMPLETE_FISH_ACTION": "get-args"}}[shell]  # fmt: skip
    environment = os.environ | told | {"_DIPTYCH_COMPLETE": f"complete_{shell}"} | more
    command = [sys.executable, "-m", "diptych"]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_names_of_networks_complete(shell: str) -> None:
    done = asked(shell, "diptych card densenet1")
    assert done.returncode == 0, done.stderr
    assert {name for name in networks() if name in done.stdout.replace('"', " ").split()} == {
        name for name in networks() if name.startswith("densenet1")
    }


def test_commands_complete_too() -> None:
    assert set(asked("bash", "diptych d").stdout.split()) == {"deploy", "detect", "diff", "draw"}


def test_what_is_begun_in_other_words() -> None:
    assert completion.networks("MobileNet-V2") == [name for name in networks() if name.startswith("mobilenet_v2")]
    assert completion.networks("my_models.py") == [], "the shell then completes names of files"
    assert completion.families("res") == [name for name in canonical() if name.startswith("res")]
    assert "same_padding_at_stride_2" in completion.traps("same_p")
    assert set(completion.traps("")) >= {*known(), *networks()}


def test_installing_writes_the_shell_s_own_file(tmp_path: Path) -> None:
    """The shell is found by the processes above; `exit` keeps it there."""
    line = f"{shlex.quote(sys.executable)} -m diptych --install-completion; exit $?"
    environment = {**os.environ, "HOME": str(tmp_path)}
    done = subprocess.run(["/bin/bash", "-c", line], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    written = [path for path in tmp_path.rglob("*") if path.is_file() and "_DIPTYCH_COMPLETE" in path.read_text()]
    assert len(written) == 1, done.stdout
