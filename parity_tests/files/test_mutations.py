"""Seeded damage to a sound file of each format: an error of ours, or the arrays that the format's own library reads."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from foreign import LAYERS, legacy, onnx_model
from selection import some

from diptych.common.errors import DiptychError, FileError
from diptych.common.registry import spec
from diptych.common.weights import scrambled
from diptych.files import read, write
from diptych.files.again.compare import compare

NET = spec("lenet5_modern")
COUNT = 60
NUMBERS = (0, 1, 8, 127, 128, (1 << 31) - 1, (1 << 32) - 1, (1 << 63) - 1, (1 << 64) - 1)
PROGRAM = """
import json, resource, signal, sys
from pathlib import Path
from diptych.common.errors import FileError
from diptych.files import read
from diptych.files.again.compare import compare
resource.setrlimit(resource.RLIMIT_AS, (12 << 30, 12 << 30))
folder, said = Path(sys.argv[1]), {}
for path in sorted(folder.iterdir()):
    signal.alarm(60)
    try:
        found = read(path / sys.argv[2])
        compare(found, path / sys.argv[2])
        said[path.name] = "read"
    except FileError as error:
        said[path.name] = "refused"
print(json.dumps(said))
"""
"""Reads each of many damaged files; a crash, a hang or any other exception ends it."""


def damaged(sound: bytes, seed: int, count: int) -> Iterator[bytes]:
    """The bytes of a file with one thing wrong: cut, flipped, overwritten, moved, left out, and lengths that lie."""
    rng = random.Random(seed)  # noqa: S311
    for _ in range(count):
        data = bytearray(sound)
        place = rng.choice([rng.randrange(len(data)), rng.randrange(min(len(data), 2000)), -rng.randrange(1, 2000)])
        place = max(place % len(data) - 1, 0)
        match rng.randrange(7):
            case 0:
                data[place] ^= 1 << rng.randrange(8)
            case 1:
                del data[place:]
            case 2:
                width = rng.choice((1, 2, 4, 8))
                lie = rng.choice((*NUMBERS, len(data))) % (1 << 8 * width)
                data[place : place + width] = lie.to_bytes(width, rng.choice(("little", "big")))
            case 3:
                del data[place : place + rng.randrange(1, 30)]
            case 4:
                data[place:place] = rng.randbytes(rng.randrange(1, 30))
            case 5:
                other = rng.randrange(len(data))
                data[place : place + 40] = data[other : other + 40]
            case _:
                data[place : place + 16] = rng.choice((b"\0", b"\xff", b"[", b"-")) * 16
        yield bytes(data)


def sound(folder: Path, name: str) -> Path:
    """A sound file of the format of a suffix; of one that consists of several, the one that is damaged."""
    path = folder / name
    flat = {f"net.{layer}.{kind}": array for layer, kinds in LAYERS.items() for kind, array in kinds.items()}
    match path.suffix:
        case ".onnx":
            onnx_model(path, flat)
        case ".h5" if path.name == "in.h5":
            groups = {layer: {f"{layer}/{kind}:0": array for kind, array in ks.items()} for layer, ks in LAYERS.items()}
            legacy(path, groups, whole='{"config": {"layers": []}}')
        case ".pb":
            from foreign import frozen

            frozen(path, {name.replace(".", "/"): array for name, array in flat.items()})
        case ".index":
            import tensorflow as tf

            tf.train.Checkpoint(net=[tf.Variable(a, name=n) for n, a in flat.items()]).write(str(path.with_suffix("")))
        case _:
            write(path, NET, scrambled(NET), {})
    return path


@pytest.mark.parametrize("name", ["in.safetensors", "in.npz", "in.onnx"])
def test_a_damaged_file_is_refused_or_read_as_its_library_reads_it(name: str, tmp_path: Path) -> None:
    path, outcomes = sound(tmp_path, name), set()
    for number, data in enumerate(damaged(path.read_bytes(), 14, 4 * COUNT)):
        path.write_bytes(data)
        try:
            found = read(path)
        except FileError:
            outcomes.add("refused")
            continue
        try:
            compare(found, path)
        except DiptychError as error:
            pytest.fail(f"damage {number}: {error}")
        outcomes.add("read")
    assert outcomes == {"refused", "read"}


@pytest.mark.parametrize("name", some(["in.h5", "in.weights.h5", "in.keras", "in.index", "in.pb"], "in.h5", "in.keras"))
@pytest.mark.parametrize("seed", [*some(range(1, 4), 1), *(pytest.param(n, marks=pytest.mark.full) for n in (4, 5))])
def test_a_damaged_file_ends_no_process(name: str, seed: int, tmp_path: Path) -> None:
    (tmp_path / "good").mkdir()
    path = sound(tmp_path / "good", name)
    folder = tmp_path / "bad"
    for number, data in enumerate(damaged(path.read_bytes(), seed, COUNT // (6 if seed == 1 else 3))):
        shutil.copytree(tmp_path / "good", folder / f"{number:03}")
        (folder / f"{number:03}" / name).write_bytes(data)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, folder, name], capture_output=True, check=False, timeout=500, text=True
    )
    assert done.returncode == 0, done.stderr[-1500:]
    said = json.loads(done.stdout)
    assert len(said) == COUNT // (6 if seed == 1 else 3)
    assert "refused" in said.values()


def test_damage_is_seeded_and_differs() -> None:
    data = np.random.default_rng(0).bytes(5000)
    assert list(damaged(data, 1, 50)) == list(damaged(data, 1, 50))
    assert len(set(damaged(data, 1, 50))) > 45
