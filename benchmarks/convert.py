"""How long a conversion takes and how much memory, without the check.

Run `python -m benchmarks.convert`. Each conversion is a process of its own, which imports the frameworks first: the
seconds and the memory of that are in columns of their own. The peak is the process's (VmHWM), imports included. The
error is |a - b| / |b| (Euclidean) of the outputs of the two frameworks in float32, on one random image of 224x224.
The floor is what the library of the destination takes to make and save the same network, in processes that take turns
with ours and are timed without their imports: keras.applications' constructor without weights and Model.save, or
torchvision's constructor and torch.save of the state dict. It reads nothing and proves nothing. How fast the models
themselves run is what `python -m benchmarks.models` measures.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
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


if __name__ == "__main__":
    conversions()
