"""The command where something usual is missing: a home, a folder, a language, a terminal, room on it."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from diptych.common.registry import spec
from diptych.common.weights import scrambled
from diptych.conversion.report_schema import read_report
from diptych.files import write

HOMES = ("HOME", "XDG_CACHE_HOME", "USER", "LOGNAME")
UNKNOWN = "import pwd\ndef unknown(number): raise KeyError(number)\npwd.getpwuid = unknown"
"""What a system says of a user that it does not know, such as the number that a container was given."""
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("odd") / "in.safetensors"
    write(path, spec("lenet5_modern"), scrambled(spec("lenet5_modern")), {})
    return path


def diptych(
    *words: str | bytes | Path, before: str = "", drop: tuple[str, ...] = (), **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """The command in another environment, after what `before` does in Python."""
    known = {key: value for key, value in os.environ.items() if key not in drop} | environment
    code = f"import os, sys\n{before}\nfrom diptych.commands.cli import main; main()"
    command = [sys.executable, "-c", code, *words]
    return subprocess.run(command, capture_output=True, env=known, check=False, timeout=120, cwd=ROOT)


def on_terminal(*words: str | Path, columns: int = 20, **environment: str) -> tuple[int, str]:
    """(exit code, all that is printed) of the command on a terminal of a few columns."""
    main, side = pty.openpty()
    known = os.environ | {"COLUMNS": str(columns), "LINES": "10"} | environment
    command = [sys.executable, "-m", "diptych", *map(str, words)]
    with subprocess.Popen(command, stdin=side, stdout=side, stderr=side, env=known, cwd=ROOT) as running:
        os.close(side)
        found = b""
        try:
            while part := os.read(main, 1 << 16):
                found += part
        except OSError:  # the other end is closed
            pass
        code = running.wait(60)
    os.close(main)
    return code, found.decode(errors="replace")


def test_the_command_without_a_home_or_a_user() -> None:
    done = diptych("list", before=UNKNOWN, drop=HOMES)
    assert (done.returncode, done.stderr) == (0, b"")
    code = (
        "import diptych; from diptych.checking.last_check import recall, remember\n"
        "from diptych.checking.report import Report\n"
        "remember(Report('lenet5_modern', (), (), {}, 0.0)); print(recall(diptych.spec('lenet5_modern')))\n"
        "raise SystemExit"
    )
    done = diptych(before=f"{UNKNOWN}\n{code}", drop=HOMES)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"None\n", b"")


@pytest.mark.slow
def test_a_conversion_without_a_home_or_a_user(weights: Path, tmp_path: Path) -> None:
    """Both frameworks look for a home, too."""
    done = diptych("convert", weights, tmp_path / "out.keras", "--fast", before=UNKNOWN, drop=HOMES)
    assert (done.returncode, done.stderr) == (0, b"")
    assert not Path("~").exists()


@pytest.mark.parametrize("folder", ["/absent", "/dev/null", "/proc"])
def test_a_cache_and_a_temporary_folder_that_are_none(weights: Path, folder: str) -> None:
    done = diptych("identify", weights, XDG_CACHE_HOME=folder, TMPDIR=folder, HOME=folder)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_folder_that_was_removed(weights: Path, tmp_path: Path) -> None:
    before = f"import tempfile\nfolder = tempfile.mkdtemp(dir={str(tmp_path)!r}); os.chdir(folder); os.rmdir(folder)"
    done = diptych("identify", weights, before=before, PYTHONPATH=str(ROOT))
    assert (done.returncode, done.stderr) == (0, b"")
    done = diptych("convert", weights, tmp_path / "out.npz", "--no-check", before=before, PYTHONPATH=str(ROOT))
    assert (done.returncode, done.stderr) == (0, b"")
    for words in (["identify", "in.pth"], ["convert", weights, "out.npz"], ["verify", "out.npz"]):
        done = diptych(*words, before=before, PYTHONPATH=str(ROOT))
        assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr
        assert done.stderr.startswith(b"error: ")


LANGUAGES = [
    {"PYTHONIOENCODING": "ascii"},
    pytest.param({"LC_ALL": "C", "LANG": "C"}, marks=pytest.mark.slow),
    {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    pytest.param({"PYTHONIOENCODING": "latin-1:strict", "PYTHONUTF8": "0"}, marks=pytest.mark.slow),
]


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda item: " ".join(item.values()))
def test_every_name_in_every_language(weights: Path, tmp_path: Path, language: dict[str, Any]) -> None:
    for name in (b"caf\xc3\xa9 \xe2\x86\x92.safetensors", b"no \xff\xfe utf-8.safetensors"):
        path = os.fsencode(tmp_path) + b"/" + name
        shutil.copy(os.fsencode(weights), path)
        done = diptych("identify", path, **language)
        assert (done.returncode, done.stderr) == (0, b"")
        assert b"lenet5_modern" in done.stdout
        done = diptych("identify", path + b"x", **language)
        assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    done = diptych("identify", path, "--json", **language)
    assert json.loads(done.stdout)["path"].endswith("no \udcff\udcfe utf-8.safetensors")


def test_a_name_that_is_not_utf_8_goes_into_the_report_and_the_page(weights: Path, tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path)
    source, out, page = folder + b"/\xff.safetensors", folder + b"/\x1b[31m.npz", folder + b"/page.html"
    shutil.copy(os.fsencode(weights), source)
    done = diptych("convert", source, out, "--no-check", "--html", page)
    assert (done.returncode, done.stderr) == (0, b"")
    assert rb"\udcff.safetensors" in done.stdout
    assert b"\x1b" not in done.stdout
    with open(page, encoding="utf-8") as file:
        text = file.read()
    assert r"\x1b[31m.npz" in text
    assert "\x1b" not in text
    assert os.fsencode(read_report(Path(os.fsdecode(out))).source.path) == source


@pytest.mark.parametrize("columns", [pytest.param(1, marks=pytest.mark.slow), 20])
@pytest.mark.parametrize(
    "words", ["list --family lenet", "table lenet5_modern", "show lenet5_modern", "--help", "card vgg16"]
)
def test_a_narrow_terminal(words: str, columns: int) -> None:
    code, text = on_terminal(*words.split(), columns=columns)
    assert code == 0, text
    assert "Traceback" not in text


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {"TERM": ""}, {"TERM": "none", "NO_COLOR": "1"}])
def test_a_terminal_that_knows_little(weights: Path, environment: dict[str, str]) -> None:
    code, text = on_terminal("identify", weights, columns=80, **environment)
    assert (code, "Traceback" in text) == (0, False), text
    assert "lenet5_modern" in text


@pytest.mark.parametrize("name", ["[red]x[/].safetensors", "[/].safetensors", "x\x1b[31m[bold].safetensors"])
def test_nothing_in_a_name_is_markup(weights: Path, tmp_path: Path, name: str) -> None:
    """On a terminal, where Rich shows what is going on; a name with a slash is a folder and a file."""
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    shutil.copy(weights, path)
    code, text = on_terminal("identify", path, columns=300)
    assert (code, "MarkupError" in text) == (0, False), text
    assert name.replace("\x1b", "\\x1b") in text
    assert "\x1b[31m" not in text


def test_nothing_is_written_into_the_package(weights: Path, tmp_path: Path) -> None:
    """As from an installation that only the superuser can write to."""
    before = (
        "import builtins, io\nplain = io.open\n"
        "def watched(file, mode='r', *rest, **more):\n"
        f"    inside = str(file).startswith({str(ROOT)!r})\n"
        "    assert not (inside and set(str(mode)) & set('wax+')), file\n"
        "    return plain(file, mode, *rest, **more)\n"
        "builtins.open = io.open = watched"
    )
    out = tmp_path / "out.npz"
    done = diptych("convert", weights, out, "--no-check", before=before, PYTHONDONTWRITEBYTECODE="1")
    assert (done.returncode, done.stderr) == (0, b"")
