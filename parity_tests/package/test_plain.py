"""Plain lines, which Typer does not read: they print and end as Typer's do, and need neither it nor NumPy."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import process, run

from diptych.commands import plain
from diptych.common import dialect_files, listed, spoken
from diptych.common.kept import checksums, kept_of
from diptych.common.registry import network, networks
from diptych.traps import known

LINES = (
    "list resnet",
    "list --family lenet --json",
    "list --params=..1M",
    "list nonsuch",
    "card lenet5",
    "card nonsuch",
    "table lenet5_modern",
    "table lenet5 lenet5_modern",
    "table --compare lenet5 lenet5_modern --json",
    "source lenet5 --keras",
    "source lenet5",
    "traps padding",
    "traps ceil-mode-adds-a-window",
    "traps nonsuch",
    "identify nonsuch.pth",
    "convert nonsuch.pth out.keras --no-check",
    "convert nonsuch.pth out.keras --to=timm --force",
    "convert nonsuch/*.pth out --suffix .keras --jobs 2 --no-check",
    "convert nonsuch/*.pth out --suffix=.keras --jobs=1",
)


@pytest.mark.parametrize("line", LINES)
def test_a_plain_line_does_what_typer_makes_of_it(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = plain.read(line.split())
    assert found is not None
    code = plain._run(line.split(), *found)
    printed, theirs = capsys.readouterr(), run(*line.split())
    assert (code, printed.out, printed.err) == (theirs.exit_code, theirs.stdout, theirs.stderr)


@pytest.mark.parametrize(
    "line",
    ["", "--help", "nonsuch", "card", "card a b", "card a --jsn", "list --year", "list --year --json", "list -- x",
     "table --json", "convert a.pth", "convert a.pth b.keras c", "convert a.pth b.keras --num-classes 10",
     "convert a b --jobs 0", "convert a b --jobs", "convert a b --jobs=", "convert a b --jobs x",
     "convert a b --jobs -1",
     "card lenet5 --traceback", "traps kernel_axes --run", "table lenet5 --num-classes 10", "card -h"],
)  # fmt: skip
def test_any_other_line_is_left_to_typer(line: str) -> None:
    assert plain.read(line.split()) is None


def read_by(lines: tuple[str, ...]) -> set[str]:
    """The modules that are read, and run, by these lines in one process."""
    code = (
        "import sys\nfrom diptych.commands.deferred import Deferred\nfrom diptych.commands.plain import main\n"
        f"for line in {lines!r}:\n"
        "    sys.argv = ['diptych', *line.split()]\n"
        "    try: main()\n"
        "    except SystemExit as end: assert not end.code, line\n"
        "print(*(name for name, module in sys.modules.items() if type(module) is not Deferred), file=sys.stderr)"
    )
    return set(process(code=code).stderr.split())


def test_what_lists_needs_neither_numpy_nor_pydantic() -> None:
    """Nor Typer, nor a file of the zoo, of a dialect or of a trap."""
    lines = (
        *("list", "list resnet", "card ResNet-50", "card keras.applications.ResNet50", "traps", "traps kernel_axes"),
        *("traps resnet50", "traps --json"),
    )
    heavy = {"numpy", "typer", "pydantic", "einops", "jinja2", "rich", "diptych.common.spec", "diptych.traps.noise"}
    assert not heavy & read_by(lines)


def test_what_traces_needs_neither_numpy_nor_typer() -> None:
    """Nor Rich, where the output is a pipe."""
    compared = "table --compare vgg16_d densenet121"
    lines = ("table resnet50", compared, "source shufflenet_v2_x1_0 --keras", "show lenet5_modern")
    assert not {"numpy", "typer", "rich", "torch", "tensorflow"} & read_by(lines)


def test_a_deferred_package_is_read_when_it_is_used() -> None:
    code = (
        "import sys\nfrom diptych.commands.deferred import Deferred, defer\ndefer('numpy'); defer('nonsuch')\n"
        "import numpy as np\nassert type(np) is Deferred and 'nonsuch' not in sys.modules\n"
        "import numpy.linalg\nassert type(np) is not Deferred and np is sys.modules['numpy']\n"
        "defer('numpy')\nprint(np.linalg.norm(np.float32([3, 4])), np.random.default_rng(0).random() < 1)"
    )
    assert process(code=code).stdout == "5.0 True\n"


def test_the_files_are_of_the_code_as_it_stands() -> None:
    """So that they are read at all: what they say is held to the code where `make write` is."""
    assert kept_of(dialect_files.NAMES, dialect_files.NAMES.parent)["homes"] == dialect_files.homes()
    assert kept_of(spoken.FILE, spoken.FILE.parent)["names"] == spoken.described()["names"]
    assert kept_of(known.FILE, known.FOLDER, known.BESIDE)
    stored = json.loads(listed.FILE.read_text(encoding="utf-8"))
    assert all(stored[name] == json.loads(json.dumps(listed.described(name))) for name in listed.families())


def test_a_list_says_of_each_network_what_it_is() -> None:
    entries, _ = listed.known_networks()
    for name in networks():
        for key in ("name", "family", *listed.KEYS):
            assert getattr(entries[name], key) == getattr(network(name), key), (name, key)


def test_files_that_differ_are_read_themselves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An edit, or a new file, is seen before `make write` is run."""
    stored = json.loads(listed.FILE.read_text(encoding="utf-8"))
    stored["lenet"] |= {"checksum": 1, "networks": []}
    del stored["vgg"]
    other = tmp_path / "zoo.json"
    other.write_text(json.dumps(stored))
    before = listed.families()
    monkeypatch.setattr(listed, "FILE", other)
    assert listed.families.__wrapped__() == before
    assert kept_of(known.FILE, tmp_path) == {}
    assert checksums(tmp_path) == {}
