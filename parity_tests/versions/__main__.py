"""`python -m versions [NAME...]` in parity_tests: build the environments of these names and run `inside.py` in each.

Without a name all but "overlay". Exit code 1 where one of them fails.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from shutil import rmtree, which

from versions import ABSENT, EXTRAS, ROOT, Environment, environments

PIP = ("-m", "pip", "--disable-pip-version-check", "--quiet", "install")
TOOLS = ("pip", "setuptools")
"""What `.venv` has in a version of its own, and a new environment too."""


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def python_of(version: str) -> str | None:
    """The interpreter of a version, on the path or of pyenv; None where there is none."""
    if sys.version_info[:2] == tuple(map(int, version.split("."))):
        return sys.executable
    found = which(f"python{version}")
    if found and subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode == 0:
        return found  # which a shim of pyenv's may not be
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    return next((str(path) for path in sorted(kept.glob(f"{version}.*/bin/python"))), None)


def built(one: Environment, folder: Path, interpreter: str) -> Path:
    """The interpreter of a new virtual environment with the versions of `one`; raises CalledProcessError."""
    _run(interpreter, "-m", "venv", str(folder))
    python = folder / "bin" / "python"
    pins = folder / "pins.txt"
    pins.write_text("".join(f"{name}=={version}\n" for name, version in one.pins.items()), "utf-8")
    if one.over:
        _run(str(python), *PIP, "--no-deps", *(f"{name}=={version}" for name, version in one.pins.items()))
        site = next((folder / "lib").glob("python*/site-packages"))
        below = next((ROOT / ".venv" / "lib").glob("python*/site-packages")).resolve()
        (site / "below.pth").write_text(f"{below}\n", "utf-8")
        return python
    wanted = ",".join(name for name in EXTRAS if one.torch or name != "torch")
    if one.torch:  # first and alone, as in the Makefile: a range would bring CUDA
        _run(str(python), *PIP, "-c", str(pins), f"torch=={one.pins['torch']}")
    _run(str(python), *PIP, "-c", str(pins), f"{ROOT}[{wanted}]")  # pip holds the pins to the declared ranges
    return python


def tried(one: Environment, work: Path) -> str:
    """Whether it passed, where it failed or why it was not run."""
    interpreter = python_of(one.python)
    if interpreter is None:
        return f"not run: there is no Python {one.python} here"
    start = time.monotonic()
    folder = work / one.name
    try:
        python = built(one, folder, interpreter)
        made = time.monotonic() - start
        (folder / "files").mkdir()
        more = [] if one.torch else ["--without-torch"]
        inside = Path(__file__).with_name("inside.py")
        _run(str(python), str(inside), str(folder / "files"), *more, over=one.over)
    except subprocess.CalledProcessError as error:
        return f"FAILED: {' '.join(map(str, error.cmd[1:6]))} ... ended with {error.returncode}"
    finally:
        rmtree(folder, ignore_errors=True)
    return f"passed ({made:.0f} s to install, {time.monotonic() - start - made:.0f} s to run)"


def _run(*words: str, over: bool = False) -> None:
    """Run a process away from the repository, so that it imports what is installed; an overlay has diptych from it.

    Nothing that lies about in the folder for temporary files is imported either.
    """
    paths = {"PYTHONSAFEPATH": "1"} | ({"PYTHONPATH": str(ROOT)} if over else {})
    hidden = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    subprocess.run(words, check=True, env={**hidden, **paths}, cwd=tempfile.gettempdir())


def main(names: Sequence[str]) -> int:
    """Try the environments of these names, or all whole ones; 1 where one fails, 2 for an unknown name."""
    known = environments()
    unknown = [name for name in names if name not in known]
    if unknown:
        sys.stderr.write(f"error: there is no environment {unknown[0]!r}; there are {', '.join(known)}\n")
        return 2
    found = {}
    with tempfile.TemporaryDirectory() as work:
        for name in names or [name for name, one in known.items() if not one.over]:
            say(f"{name}:")
            found[name] = tried(known[name], Path(work))
            say(f"  {found[name]}")
    for text in ABSENT:
        say(f"cannot be had here: {text}")
    say(", ".join(f"{name} {text.split(' ')[0].rstrip(':')}" for name, text in found.items()))
    return int(any(text.startswith("FAILED") for text in found.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
