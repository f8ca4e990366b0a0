"""A script as people write it beside `diptych convert`: torch.load, keras.applications' model, each tensor, its save.

Run `python -m benchmarks.convert_rival [NETWORK ...] [--before DIR]`. Whole commands that take turns, with Python's
start and all imports: wall seconds, seconds of processors, and GB of the largest process, each the best of `--turns`.
`ours` is `diptych convert IN.pth OUT.keras --no-check`; `before` is that of the checkout of another revision. Both
results hold the same arrays, which is asserted before a row is printed; the layers have other names.

`--nobuco PYTHON` adds nobuco without its validation, which also saves its model: PYTHON is that of an environment
with nobuco, torch, torchvision, Pillow and the TensorFlow that it takes (2.15, with Keras 2).
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from .convert import NETWORKS, made

ROOT = Path(__file__).parents[1]
COPY = """
import re, sys
import keras, torch
state = torch.load(sys.argv[1], weights_only=True)
model = keras.applications.{model}(weights=None)
PLACES = {places!r}
def ours(layer):
    for pattern, name in PLACES:
        if found := re.fullmatch(pattern, layer):
            numbers = {{key: int(value) for key, value in found.groupdict().items()}}
            return eval(f"f{{name!r}}", numbers)
for layer in model.layers:
    if not layer.weights:
        continue
    name, new = ours(layer.name), []
    for key in ("weight", "bias", "running_mean", "running_var"):
        if f"{{name}}.{{key}}" in state:
            array = state[f"{{name}}.{{key}}"].numpy()
            new.append(array.transpose(2, 3, 1, 0) if array.ndim == 4 else array.T)
    if layer.name == "fc1":  # which comes after Flatten
        rows, out = new[0].shape
        new[0] = new[0].reshape(512, 7, 7, out).transpose(1, 2, 0, 3).reshape(rows, out)
    layer.set_weights(new)
model.save(sys.argv[2])
"""
NOBUCO = """
import sys
import torch
keep = torch.library.Library("torchvision", "DEF")  # as `references.libraries` does for torchvision's compiled ops
for name in ("nms", "qnms"):
    keep.define(f"{{name}}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
import nobuco, torchvision
model = torchvision.models.{torchvision}(weights=None)
model.load_state_dict(torch.load(sys.argv[1], weights_only=True))
order = nobuco.ChannelOrder.TENSORFLOW
image = torch.rand(1, 3, 224, 224)
made = nobuco.pytorch_to_keras(model.eval(), [image], inputs_channel_order=order, outputs_channel_order=order,
                               full_validation=False)
made.save(sys.argv[2])
"""
RESNET = (
    ("conv1_conv", "conv1"),
    ("conv1_bn", "bn1"),
    (r"conv(?P<s>\d)_block(?P<b>\d)_0_conv", "layer{s - 1}.{b - 1}.downsample.0"),
    (r"conv(?P<s>\d)_block(?P<b>\d)_0_bn", "layer{s - 1}.{b - 1}.downsample.1"),
    (r"conv(?P<s>\d)_block(?P<b>\d)_(?P<n>\d)_conv", "layer{s - 1}.{b - 1}.conv{n}"),
    (r"conv(?P<s>\d)_block(?P<b>\d)_(?P<n>\d)_bn", "layer{s - 1}.{b - 1}.bn{n}"),
    ("predictions", "fc"),
)
DENSENET = (
    ("conv1_conv", "features.conv0"),
    ("conv1_bn", "features.norm0"),
    (r"conv(?P<s>\d)_block(?P<b>\d+)_0_bn", "features.denseblock{s - 1}.denselayer{b}.norm1"),
    (r"conv(?P<s>\d)_block(?P<b>\d+)_1_bn", "features.denseblock{s - 1}.denselayer{b}.norm2"),
    (r"conv(?P<s>\d)_block(?P<b>\d+)_(?P<n>\d)_conv", "features.denseblock{s - 1}.denselayer{b}.conv{n}"),
    (r"pool(?P<s>\d)_bn", "features.transition{s - 1}.norm"),
    (r"pool(?P<s>\d)_conv", "features.transition{s - 1}.conv"),
    ("bn", "features.norm5"),
    ("predictions", "classifier"),
)
VGG = (
    *((r"block1_conv(?P<n>\d)", "features.{2 * n - 2}"), (r"block2_conv(?P<n>\d)", "features.{2 * n + 3}")),
    (r"block(?P<s>\d)_conv(?P<n>\d)", "features.{7 * s + 2 * n - 13}"),
    *(("fc1", "classifier.0"), ("fc2", "classifier.3"), ("predictions", "classifier.6")),
)
RIVALS = {
    "resnet50.keras": ("ResNet50", RESNET),
    "densenet121.keras": ("DenseNet121", DENSENET),
    "vgg16_d": ("VGG16", VGG),
}


class Run(NamedTuple):
    """Seconds of the clock and of processors, and GB of the largest process."""

    clock: float
    processor: float
    memory: float


def run(command: list[str], home: Path = ROOT) -> Run:
    """Run a command, with bytecode in a folder of the benchmark's own."""
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    kept |= {"PYTHONPYCACHEPREFIX": str(Path(tempfile.gettempdir()) / "diptych-benchmark-bytecode")}
    start = time.perf_counter()
    process = subprocess.Popen(command, env=kept | {"PYTHONPATH": str(home)}, cwd=home, stdout=subprocess.DEVNULL)
    _, code, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(code)
    if process.returncode:
        sys.exit(f"{command} ended with {process.returncode}")
    return Run(time.perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss / 1e6)


def arrays(path: Path) -> list[str]:
    """The digests of the arrays of a .keras file, whatever their layers are called."""
    from diptych.files import read

    return sorted(hashlib.sha256(array.tobytes()).hexdigest() for _, _, array in read(path).raw())


def row(name: str, before: Path | None, nobuco: Path | None, turns: int, folder: Path) -> None:
    """Print what each takes for a network."""
    model, places = RIVALS[name]
    source, (mine, theirs) = made(name, folder, ".pth"), (folder / f"{side}.keras" for side in ("ours", "theirs"))
    third = [str(nobuco), "-c", NOBUCO.format(torchvision=NETWORKS[name.partition(".")[0]][0])]
    words = ["-m", "diptych", "convert", str(source), str(mine), "--no-check", "--force"]
    ours, copy = [sys.executable, *words], [sys.executable, "-c", COPY.format(model=model, places=places)]
    found = []
    for _ in range(turns):
        other = [run(ours, before)] if before else []
        other += [run([*third, str(source), str(folder / "nobuco.keras")])] if nobuco else []
        found.append([run(ours), run([*copy, str(source), str(theirs)]), *other])
    if arrays(mine) != arrays(theirs):
        sys.exit(f"{name}: the script's file is another one than ours")
    best = [Run(*map(min, zip(*column, strict=True))) for column in zip(*found, strict=True)]
    figures = "".join(f"{one.clock:9.2f}{one.processor:9.2f}{one.memory:7.2f}" for one in best)
    print(f"{name:20}{figures}{best[1].processor / best[0].processor:8.1f}", flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="*", default=list(RIVALS))
    parser.add_argument("--before", type=Path)
    parser.add_argument("--nobuco", type=Path, metavar="PYTHON")
    parser.add_argument("--turns", type=int, default=3)
    asked = parser.parse_args()
    sides = ("ours", "script", *(side for side in ("before", "nobuco") if getattr(asked, side)))
    heads = "".join(f"{side:>9}{'cpu s':>9}{'GB':>7}" for side in sides)
    print(f"{'':20}{heads}{'ratio':>8}")
    for name in asked.networks:
        with tempfile.TemporaryDirectory() as folder:
            row(name, asked.before, asked.nobuco, asked.turns, Path(folder))


if __name__ == "__main__":
    main()
