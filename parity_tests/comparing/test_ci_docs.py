"""The commands of docs/ci.md, taken from its texts of YAML and of code, run on two small models."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from command_line import run

PAGE = (Path(__file__).parents[2] / "docs" / "ci.md").read_text("utf-8")
MODELS = """
from torch import nn

class Net(nn.Module):
    def __init__(self, classes=4):
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 3, padding=1)
        self.norm = nn.BatchNorm2d(6)
        self.fc = nn.Linear(6, classes)

    def forward(self, x):
        return self.fc(self.norm(self.conv(x)).relu().mean((2, 3)))
"""
PORT = """
import keras

def make_net(classes=4):
    x = image = keras.Input((16, 12, 3))
    x = keras.layers.Conv2D(6, 3, padding="same")(x)
    x = keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.ReLU()(x))
    return keras.Model(image, keras.layers.Dense(classes)(x))
"""
WORKFLOW, JOB, HOOK = (yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL))


def commands(kind: str) -> list[list[str]]:
    """The words of every command of the page that begins with this one."""
    scripts = [step.get("run", "") for step in WORKFLOW["jobs"]["parity"]["steps"]]
    scripts += [*JOB["parity"]["script"], HOOK["repos"][0]["hooks"][0]["entry"]]
    scripts += [line for text in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in text.splitlines()]
    found = dict.fromkeys(script for script in scripts if script.startswith(f"{kind} "))
    return [shlex.split(script) for script in found]


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The two files that the page names."""
    (tmp_path / "models.py").write_text(MODELS)
    (tmp_path / "port.py").write_text(PORT)
    monkeypatch.chdir(tmp_path)
    return tmp_path


SLOW = pytest.mark.slow
CASES = [pytest.param(words, marks=[SLOW] if words[1] == "check" else []) for words in commands("diptych")]


@pytest.mark.parametrize("words", CASES, ids=lambda words: " ".join(words[1:4] + words[8:]))
def test_a_command_of_the_page_ends_with_0(repository: Path, words: list[str]) -> None:
    if "--baseline" in words and "--update" not in words:
        assert run(*words[1:], "--fast", "--update").exit_code == 0
    fast = [] if "--fast" in words else ["--fast"]
    done = run(*words[1:], *fast)
    assert done.exit_code == 0, done.output
    for option in ("--junit", "--json", "--baseline"):
        assert option not in words or (repository / words[words.index(option) + 1]).is_file()


def test_the_kinds_of_commands_are_all_there() -> None:
    found = [words for kind in ("diptych", "pytest", "pip") for words in commands(kind)]
    assert [words[:2] for words in found].count(["diptych", "compare"]) >= 4
    assert {words[0] for words in found} == {"diptych", "pytest", "pip"}
    steps = [step["run"] for step in WORKFLOW["jobs"]["parity"]["steps"] if "run" in step]
    assert {text.split()[0] for text in (*steps, *JOB["parity"]["script"])} == {"diptych", "pytest", "pip"}


def test_the_files_that_are_kept_are_those_that_are_written() -> None:
    (words,) = [words for words in commands("diptych") if words[1] == "compare" and "--junit" in words]
    written = {words[words.index(option) + 1] for option in ("--junit", "--json")}
    assert written == {JOB["parity"]["artifacts"]["reports"]["junit"], *JOB["parity"]["artifacts"]["paths"]}
    upload: dict[str, Any] = WORKFLOW["jobs"]["parity"]["steps"][-1]["with"]
    assert written | {"pytest.xml"} == set(upload["path"].split())


def test_the_hook_runs_for_both_files_and_no_other() -> None:
    pattern = HOOK["repos"][0]["hooks"][0]["files"]
    named = [name for name in ("models.py", "port.py", "test_port.py", "models_py") if re.search(pattern, name)]
    assert named == ["models.py", "port.py"]


@pytest.mark.slow
def test_the_tests_of_the_page_are_those_that_it_shows(repository: Path) -> None:
    line, mark = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    (repository / "test_port.py").write_text(line)
    (repository / "test_heads.py").write_text(mark)
    (words,) = commands("pytest")
    plugin = ("-p", "diptych.pytest_plugin", "-p", "no:hypothesispytest")
    command = [sys.executable, "-m", "pytest", *plugin, *words[1:], "test_heads.py", "-v"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert " 18 passed" in lines[-1]
    shown = re.findall(r"^test_port.py::\S+ PASSED", PAGE, re.MULTILINE)
    assert [line.partition(" [")[0].rstrip() for line in lines if line.startswith("test_port.py")] == shown
    assert [line for line in lines if line.startswith("test_heads.py::test_heads[7-gradients]")]
    assert (repository / "pytest.xml").is_file()
