"""A file format is one file: another one, put beside the others, is read and written, and changes no other."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from refusal import NET, arrays

import diptych
from diptych.files import FORMATS, write

TEXT_FILE = '''
"""Weights as text, one tensor a line."""

import json

import numpy as np

from . import provenance
from .checkpoint import split_counters
from .format import Format
from .tensors import Tensors


def read(path):
    said, *lines = path.read_text().splitlines()
    found = {}
    for line in lines:
        name, dtype, shape, *numbers = line.split()
        found[name] = np.array(numbers, dtype).reshape(json.loads(shape))
    arrays, extras, notes = split_counters(found)
    return Tensors(path, "text", arrays, extras=extras, stated=provenance.loads(said, path), notes=notes)


def write(path, content):
    lines = [content.text()]
    for name, array in content.tensors().items():
        shape = json.dumps(list(array.shape)).replace(" ", "")
        lines.append(" ".join([name, str(array.dtype), shape, *(repr(number) for number in array.ravel().tolist())]))
    path.write_text("\\n".join(lines))


FORMAT = Format("zz-text", "torch", "text", read, write, suffixes=(".txt",))
'''
FOLDER_FILE = '''
"""Weights as a folder of arrays."""

import numpy as np

from .checkpoint import split_counters
from .format import Format
from .tensors import Tensors


def read(path):
    arrays, extras, notes = split_counters({item.stem: np.load(item) for item in path.glob("*.npy")})
    return Tensors(path, "arrays", arrays, extras=extras, notes=notes)


def place(path):
    return next(iter(path.glob("*.npy")), None) if path.is_dir() else None


FORMAT = Format("zz-arrays", "torch", "arrays", read, place=place)
'''
PROGRAM = """
import json, sys
from pathlib import Path
from diptych import convert, identify
from diptych.files import FORMATS, source_format
from diptych.common.errors import FileError

def outcome(path):
    try:
        return source_format(Path(path)).name
    except FileError as error:
        return str(error).partition(";")[0]

folder = Path(sys.argv[1])
there = convert(folder / "in.safetensors", folder / "out.txt", check=None)
back = convert(folder / "out.txt", folder / "back.safetensors", check=None)
print(json.dumps({
    "formats": [known.name for known in FORMATS],
    "matched": [there.matched, back.matched, len(identify(folder / "arrays").names)],
    "kinds": {name: outcome(folder / name) for name in sys.argv[2:]},
}))
"""


def outsider(folder: Path, formats: dict[str, str]) -> Path:
    """A copy of the package, as it is, with these files more in its `files`."""
    home = Path(diptych.__file__).parent
    shutil.copytree(home, folder / "diptych", ignore=shutil.ignore_patterns("__pycache__"))
    for name, text in formats.items():
        (folder / "diptych" / "files" / name).write_text(text)
    return folder


def ran(package: Path, *arguments: str) -> Any:
    command = [sys.executable, "-c", PROGRAM, *arguments]
    done = subprocess.run(command, cwd=package, env={"PYTHONPATH": str(package)}, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return json.loads(done.stdout)


def test_a_format_is_one_file_and_changes_no_other(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "arrays").mkdir(parents=True)
    (data / "saved").mkdir()
    (data / "saved" / "saved_model.pb").write_bytes(b"\x08\x01")
    write(data / "in.safetensors", NET, arrays(), {})
    for name, array in arrays().items():
        np.save(data / "arrays" / f"{name}.npy", array)
    package = outsider(tmp_path / "package", {"zz_text_file.py": TEXT_FILE, "zz_arrays_file.py": FOLDER_FILE})
    found = ran(package, str(data), "saved", "arrays", "out.txt", "in.safetensors", "none.csv")
    assert found["formats"] == [*(known.name for known in FORMATS), "zz-arrays", "zz-text"]
    assert found["matched"] == [len(arrays()), len(arrays()), 1]
    kinds = {"saved": "tensorflow", "arrays": "zz-arrays", "out.txt": "zz-text", "in.safetensors": "safetensors"}
    assert found["kinds"] == kinds | {"none.csv": f"{data}/none.csv has no known suffix"}
    assert (data / "back.safetensors").read_bytes() != b""


def test_the_formats_bear_their_names_once_and_no_suffix_twice() -> None:
    names, endings = [known.name for known in FORMATS], [end for known in FORMATS for end in known.endings]
    assert len(set(names)) == len(names) >= 8
    assert len(set(endings)) == len(endings)
