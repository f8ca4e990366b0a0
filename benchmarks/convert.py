"""How long a conversion takes and how much memory, without the check.

Run `python -m benchmarks.convert`. Each row is a whole command, `python -m diptych convert IN OUT --no-check`, with
Python's start and all imports: wall seconds, the best of three, and the largest memory that its processes took. Beside
it the least that any program can do, with its own start: read the same arrays, turn them, and write them, by NumPy and
h5py, from a list of places that is made before. The two take turns; `--before DIR`, the checkout of another revision,
is the third. Bytecode is kept in a folder of the benchmark's own, as an installed package has it.

`--library` measures otherwise: in a process that has imported the frameworks, beside what the library of the
destination takes to make and save the same network, timed without its imports: keras.applications' constructor without
weights and Model.save, or torchvision's and torch.save. It reads nothing and proves nothing. The error is |a - b| / |b|
(Euclidean) of the outputs of the two frameworks in float32, on one random image of 224x224.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np

NETWORKS = {
    "resnet50": ("resnet50", "ResNet50"),
    "vgg16_d": ("vgg16", "VGG16"),
    "densenet121": ("densenet121", "DenseNet121"),
    "mobilenet_v3_large": ("mobilenet_v3_large", "MobileNetV3Large"),
}
"""Ours -> what it is called in torchvision and in keras.applications."""
WAYS = ((".pth", ".keras"), (".keras", ".pth"))
TURNS = 3
IMPORTS = {".pth": "torch", ".keras": "tensorflow, keras"}
CASE = """
import json, re, sys, time
def peak():
    with open("/proc/self/status") as file:
        return int(re.search(r"VmHWM:\\s+(\\d+)", file.read())[1]) / 1e6
start = time.perf_counter()
import {imports}
imported, base = time.perf_counter() - start, peak()
import diptych
start = time.perf_counter()
done = diptych.convert({source!r}, {destination!r}, check=None, force=True)
print(json.dumps([imported, base, time.perf_counter() - start, peak()]))
"""
FLOORS = {
    ".keras": """
import json, time
import keras
start = time.perf_counter()
keras.applications.{keras}(weights=None).save({destination!r})
print(json.dumps(time.perf_counter() - start))
""",
    ".pth": """
import json, sys, time
import torch
sys.path.insert(0, "parity_tests")
from references.libraries import torchvision_models
make = torchvision_models().{torchvision}
start = time.perf_counter()
torch.save(make(weights=None).state_dict(), {destination!r})
print(json.dumps(time.perf_counter() - start))
""",
}


def run(code: str) -> Any:
    """What a process of its own prints, as data."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def made(name: str, folder: Path, suffix: str) -> Path:
    """A file of seeded weights of a network, written by a process of its own."""
    path = folder / f"{name}{suffix}"
    code = (
        f"import diptych, json; from pathlib import Path; from diptych.files import write; n = diptych.spec({name!r})"
    )
    run(f"{code}; write(Path({str(path)!r}), n, diptych.init(n), {{}}); print(json.dumps(0))")
    return path


def error(name: str) -> float:
    """The relative L2 error of the outputs of the two frameworks in float32, with the same weights."""
    import torch

    import diptych

    net = diptych.spec(name)
    weights = diptych.init(net)
    image = np.random.default_rng(0).standard_normal((1, *net.input_shape), dtype=np.float32)
    with torch.no_grad():
        one = diptych.build(net, "torch", weights=weights)(torch.from_numpy(image)).numpy()
    two = np.asarray(diptych.build(net, "tf", weights=weights)(image.transpose(0, 2, 3, 1), training=False))
    return float(np.linalg.norm(one - two) / np.linalg.norm(two))


def turns(source: Path, name: str, suffix: str) -> tuple[list[float], float]:
    """(imports: seconds and GB, seconds, peak GB) of the best conversion, and the best seconds of the floor."""
    # A torch file takes torch to read and to write; a Keras file TensorFlow to write, and nothing to read.
    imports = ", ".join(dict.fromkeys(IMPORTS[s] for s in (".pth", suffix)))
    out, plain = (str(source.with_name(f"{stem}{suffix}")) for stem in ("out", "floor"))
    torchvision, keras = NETWORKS[name]
    ours = CASE.format(imports=imports, source=str(source), destination=out)
    floor = FLOORS[suffix].format(torchvision=torchvision, keras=keras, destination=plain)
    rows = [(run(ours), run(floor)) for _ in range(TURNS)]
    return min((row for row, _ in rows), key=lambda row: row[2]), min(seconds for _, seconds in rows)


def conversions() -> None:
    """Print a line per network and way."""
    columns = f"{'seconds':>8}{'peak GB':>9}{'imports s':>11}{'GB':>6}{'L2 error':>10}{'floor s':>9}{'ratio':>7}"
    print(f"{'':22}{'way':17}{columns}")
    with tempfile.TemporaryDirectory() as folder:
        for name in NETWORKS:
            wrong = error(name)
            for before, after in WAYS:
                (imported, base, seconds, peak), floor = turns(made(name, Path(folder), before), name, after)
                figures = f"{seconds:7.2f} {peak:8.2f} {imported:10.2f} {base:5.2f} {wrong:9.1e} {floor:8.2f}"
                print(f"{name:22}{f'{before} -> {after}':17}{figures}{seconds / floor:7.2f}", flush=True)
                for path in Path(folder).iterdir():
                    path.unlink()


LEAST = {
    ".keras": """
import json, sys
import h5py, numpy as np
with open(sys.argv[1]) as said, open(sys.argv[2], "rb") as source, h5py.File(sys.argv[3], "w") as out:
    for place, shape, axes, name in json.load(said):
        source.seek(place)
        array = np.fromfile(source, np.float32, int(np.prod(shape))).reshape(shape)
        out[name] = np.ascontiguousarray(array.transpose(axes))
""",
    ".pth": """
import json, sys
import h5py, numpy as np
with open(sys.argv[1]) as said, h5py.File(sys.argv[2]) as source, open(sys.argv[3], "wb") as out:
    for name, shape, axes, _ in json.load(said):
        out.write(np.ascontiguousarray(source[name][()].transpose(axes)))
""",
}
"""Destination -> a program that reads arrays from their places, turns them, and writes them one after the other."""
AXES = {4: (2, 3, 1, 0), 2: (1, 0)}
"""Of an array of torch with so many axes, those of Keras's; a depthwise kernel's are others, which take as long."""


def least(source: Path, suffix: str) -> list[str]:
    """The command that reads, turns and writes the arrays of a file."""
    from diptych.files import read

    index: list[Any] = []
    if suffix == ".keras":
        place = 0
        for name, _, array in read(source).raw():
            if array.dtype == np.float32:
                index.append((place, array.shape, AXES.get(array.ndim, range(array.ndim)), name))
                place += array.nbytes
        given = source
    else:
        with zipfile.ZipFile(source) as archive:
            given = Path(archive.extract("model.weights.h5", source.parent))
        for _, key, array in read(given).raw():
            if key and array.dtype == np.float32:
                index.append(("/".join(key), array.shape, range(array.ndim)[::-1], ""))
    said = source.with_suffix(".json")
    said.write_text(json.dumps(index, default=list), "utf-8")
    return [sys.executable, "-c", LEAST[suffix], str(said), str(given), str(source.with_name("least"))]


def timed(command: list[str], root: Path | None = None) -> tuple[float, float]:
    """(wall seconds, GB of the largest process) of a command, whose package is that of a checkout."""
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environment = kept | {"PYTHONPYCACHEPREFIX": str(Path(tempfile.gettempdir()) / "diptych-benchmark-bytecode")}
    home = root or Path(__file__).parents[1]
    environment |= {"PYTHONPATH": str(home)}
    start = time.perf_counter()
    process = subprocess.Popen(command, env=environment, cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = process.stderr.read() if process.stderr else b""
    _, code, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(code)
    if process.returncode:
        sys.exit(said.decode())
    return seconds, used.ru_maxrss / 1e6


def commands(names: list[str], before: Path | None) -> None:
    """Print the table of whole commands."""
    columns = f"{'seconds':>9}{'GB':>7}{'least s':>9}{'GB':>7}{'ratio':>7}"
    print(f"{'':22}{'way':17}{columns}{'  before s     GB' if before else ''}")
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            for suffix, after in WAYS:
                source = made(name, Path(folder), suffix)
                out = source.with_name(f"out{after}")
                ours = [sys.executable, "-m", "diptych", "convert", str(source), str(out), "--no-check", "--force"]
                plain = least(source, after)
                turns: list[list[tuple[float, float]]] = []
                for _ in range(TURNS + 1):  # the first makes the bytecode, and brings the source to memory
                    turns.append([timed(ours), timed(plain), *([timed(ours, before)] if before else [])])
                best = [min(turn[column] for turn in turns[1:]) for column in range(len(turns[0]))]
                (one, most), (other, small) = best[:2]
                line = f"{one:9.2f}{most:7.2f}{other:9.2f}{small:7.2f}{one / other:7.2f}"
                line += f"{best[2][0]:10.2f}{best[2][1]:7.2f}" if before else ""
                print(f"{name:22}{f'{suffix} -> {after}':17}{line}", flush=True)
                for path in Path(folder).iterdir():
                    path.unlink()


def main() -> None:
    """Print the table that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="*", default=list(NETWORKS), help="names; without, those of the page")
    parser.add_argument("--before", type=Path, help="the checkout of another revision, measured in the same turns")
    parser.add_argument("--library", action="store_true", help="beside the library's own constructor and saving")
    asked = parser.parse_args()
    if asked.library:
        conversions()
    else:
        commands(asked.networks, asked.before)


if __name__ == "__main__":
    main()
