"""How the command line ends: every error is one line and a code, whatever the streams are."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

import pytest
from command_line import run

import diptych
from diptych.commands import streams
from diptych.commands.quiet import native_stderr_kept
from diptych.common.errors import DiptychError, FileError
from diptych.common.registry import spec
from diptych.common.weights import scrambled
from diptych.files import write

BASH = shutil.which("bash") or "/bin/bash"
COMMAND = f"{sys.executable} -m diptych"


def shell(words: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """A line of bash in which `diptych` is the command; the first part of a pipe decides the exit code."""
    line = f"set -o pipefail; {words.replace('diptych', COMMAND)}"
    return subprocess.run(
        [BASH, "-c", line], capture_output=True, check=False, timeout=60, env=os.environ | environment
    )


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("border") / "in.safetensors"
    write(path, spec("lenet5_modern"), scrambled(spec("lenet5_modern")), {})
    return path


def raising(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Let `diptych list` raise an error."""

    def fail(*words: Any) -> NoReturn:
        raise error

    monkeypatch.setattr("diptych.commands.catalogue.networks", fail)


ENDS: list[tuple[BaseException, int, str]] = [
    (DiptychError("no"), 2, "error: no"),
    (FileError("a\n\x1b[31mb"), 2, r"error: a\n\x1b[31mb"),
    (MemoryError(), 2, "error: there is not enough memory for this; free some"),
    (RuntimeError("DefaultCPUAllocator: can't allocate memory"), 2, "error: there is not enough memory"),
    (OSError(28, "No space left on device", "/x"), 2, "error: the system refused: [Errno 28] No space left"),
    (PermissionError(13, "Permission denied", "\x1b[31m"), 2, "error: the system refused: [Errno 13]"),
    (ModuleNotFoundError("No module named 'scipy'", name="scipy"), 2, "error: this needs scipy: pip install"),
    (ModuleNotFoundError("none", name="diptych.gone"), 3, "internal error: ModuleNotFoundError: none"),
    (TypeError("no\x1b[31m"), 3, r"internal error: TypeError: no\x1b[31m (this is a fault of diptych; please report"),
    (AssertionError(), 3, "internal error: AssertionError"),
    (RecursionError("deep"), 3, "internal error: RecursionError"),
    (EOFError(), 3, "internal error: EOFError"),
    (KeyError("x" * 10**6), 3, "internal error: KeyError"),
    (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"), 3, "internal error: UnicodeDecodeError"),
]


@pytest.mark.parametrize(("error", "code", "said"), ENDS, ids=lambda item: type(item).__name__)
def test_every_error_is_one_line_and_a_code(
    monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, said: str
) -> None:
    raising(monkeypatch, error)
    done = run("list")
    assert (done.exit_code, done.stdout) == (code, "")
    assert len(done.stderr.splitlines()) == 1
    assert len(done.stderr) <= 2001
    assert done.stderr.startswith(said)
    assert ("please report it" in done.stderr) == (code == 3)


def test_an_interrupt_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    raising(monkeypatch, KeyboardInterrupt())
    done = run("list")
    assert (done.exit_code, done.output) == (130, "")


@pytest.mark.parametrize("words", [["--traceback", "list"], ["list", "--traceback"], ["list", "--traceback", "--json"]])
def test_a_traceback_is_shown_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    raising(monkeypatch, TypeError("\x1b[31mno"))
    done = run(*words)
    assert done.exit_code == 3
    assert "Traceback (most recent call last)" in done.stderr
    assert "in list_networks" in done.stderr
    assert "\x1b" not in done.stderr


def test_a_traceback_shows_what_native_code_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*words: Any) -> NoReturn:
        with native_stderr_kept():
            os.write(2, b"native \x1b[31mwords\n")
            raise TypeError("no")

    monkeypatch.setattr("diptych.commands.catalogue.networks", fail)
    assert r"native \x1b[31mwords" in run("list", "--traceback").stderr
    assert "native" not in run("list").stderr


def test_words_after_two_dashes_are_no_options() -> None:
    done = run("identify", "--", "--traceback")
    assert (done.exit_code, done.stderr) == (2, "error: --traceback has no known suffix; the formats are "
                                             + done.stderr.partition("the formats are ")[2])  # fmt: skip


@pytest.mark.parametrize("word", ["x\x1b[31m", "--x\x1b[31m", "x\n\u202e", "y" * 10**5])
def test_a_wrong_word_is_shown_escaped_and_cut(word: str) -> None:
    done = run(word)
    assert done.exit_code == 2
    assert "\x1b" not in done.stderr
    assert "\u202e" not in done.stderr
    assert len(done.stderr) < 2300
    assert len(done.stderr.splitlines()) == 4


@pytest.mark.parametrize("words", ["--version", "--help", "list", "identify {}", "card vgg16 --json", "show vgg11"])
def test_a_full_stdout_is_one_line_and_2(weights: Path, words: str) -> None:
    done = shell(f"diptych {words.format(weights)} > /dev/full")
    assert (done.returncode, done.stderr) == (2, b"error: cannot write to standard output: No space left on device\n")


def test_a_full_stdout_is_2_whatever_the_verdict() -> None:
    """What could not be told is not told by the code 1 alone."""
    code = (
        "import sys, typer, diptych.commands.catalogue as catalogue; from diptych.commands.cli import main\n"
        "def different(*words): sys.stdout.write('no'); raise typer.Exit(1)\n"
        "catalogue.networks = different; main()"
    )
    for target, expected in ((os.devnull, 1), ("/dev/full", 2)):
        with open(target, "w") as stdout:  # a device
            done = subprocess.run(
                [sys.executable, "-c", code, "list"], stdout=stdout, check=False, stderr=subprocess.PIPE
            )
        assert (done.returncode, len(done.stderr.splitlines())) == (expected, expected - 1)


@pytest.mark.parametrize("words", ["--version", "--help", "list", "card vgg16 --json", "show vgg11"])
def test_a_pipe_that_nobody_reads_is_quiet_and_2(words: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "diptych", *words.split()]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (2, b"")


@pytest.mark.parametrize("closed", ["0>&-", "1>&-", "2>&-", "0>&- 1>&-", "0>&- 1>&- 2>&-"])
def test_closed_streams_are_no_matter(weights: Path, closed: str, tmp_path: Path) -> None:
    """A file that is opened next would take the number of a closed stream, and what is printed with it."""
    done = shell(f"diptych identify {weights} {closed}")
    assert (done.returncode, done.stderr) == (0, b"")
    assert (b"lenet5_modern" in done.stdout) == ("1>" not in closed)
    done = shell(f"diptych identify {tmp_path / 'gone.pth'} {closed}")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"error: ") == ("2>" not in closed)


def test_a_conversion_with_closed_streams_is_whole(weights: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.npz"
    done = shell(f"diptych convert {weights} {out} --no-check 0>&- 1>&- 2>&-")
    assert (done.returncode, diptych.identify(out).names) == (0, ("lenet5_modern",))


@pytest.mark.parametrize("words", ["identify gone.pth", "nothing", "--wrong"])
def test_a_full_stderr_keeps_the_code(words: str) -> None:
    done = shell(f"diptych {words} 2> /dev/full")
    assert (done.returncode, done.stdout) == (2, b"")


def test_native_stderr_is_kept_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "import os, sys; os.close(2); sys.stderr = None\n"
        "from diptych.commands.quiet import native_stderr_kept\n"
        "with native_stderr_kept(): print('done')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, b"done\n")

    def none() -> NoReturn:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr("diptych.commands.quiet.tempfile.TemporaryFile", none)
    with native_stderr_kept():
        os.write(2, b"lost\n")


def test_what_is_said_is_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    streams.say("a\x1b[31m\nb", "c\u202e")
    streams.complain("d\x07")
    assert capsys.readouterr() == ("a\\x1b[31m\\nb\nc\\u202e\n", "d\\x07\n")
