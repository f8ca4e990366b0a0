"""What is run in an environment: `python inside.py FOLDER [--without-torch]`. It imports diptych and nothing of ours.

The network has a maximum pool with a border, whose step in Keras is a function and no layer: the versions of Keras
write functions down in different ways.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

NETWORK = "resnet18"
SIZE = 64
"""Of images: what is run is the same layers, in a tenth of the time."""
SHOWN = ("keras", "tensorflow", "torch", "numpy", "onnx", "onnxruntime", "h5py", "safetensors", "protobuf", "typer")
NEAR = 1e-4
"""Between two runs in float32, of the largest number."""


def said(text: str) -> None:
    """Print a line at once: an import that ends the process leaves what was done before."""
    sys.stdout.write(f"    {text}\n")
    sys.stdout.flush()


def arrays() -> dict[str, Any]:
    """Weights that hide nothing, of float32."""
    import diptych

    numbers = np.random.default_rng(0)
    drawn = diptych.init(diptych.spec(NETWORK, input_size=SIZE)).items()
    noise = {name: 0.05 * numbers.standard_normal(array.shape) for name, array in drawn}
    return {name: (array + np.abs(noise[name])).astype(np.float32) for name, array in drawn}


def proved(source: Path, destination: Path, **more: Any) -> None:
    """Convert with the proof, and say what it measured."""
    import diptych

    done = diptych.convert(source, destination, force=True, **more)
    assert done.proof is not None
    said(f"{source.name} -> {destination.name}: {done.matched} weights, proved ({done.proof.difference:.1e})")


def command_line(folder: Path) -> None:
    """What needs no framework: names, a table, a source; raises CalledProcessError."""
    for words in (["--help"], ["list"], ["table", NETWORK], ["source", NETWORK, "--tf"]):
        subprocess.run([sys.executable, "-m", "diptych", *words], check=True, stdout=subprocess.DEVNULL, cwd=folder)
    said("the command line: list, table, source")


def twins(folder: Path) -> None:
    """The gates, and every format there and back."""
    import torch

    import diptych

    report = diptych.check(NETWORK, fast=True)
    assert report.passed, str(report)
    said("check --fast: passed")
    kept = arrays()
    torch.save({name: torch.from_numpy(array) for name, array in kept.items()}, folder / "a.pth")
    proved(folder / "a.pth", folder / "b.keras", network=NETWORK, input_size=SIZE)
    proved(folder / "b.keras", folder / "back.pth")
    for name, array in torch.load(folder / "back.pth", weights_only=True).items():
        if name in kept:
            np.testing.assert_array_equal(array.numpy(), kept[name], strict=True)
    for name in ("c.weights.h5", "d.safetensors", "e.npz"):
        proved(folder / "a.pth", folder / name, network=NETWORK, input_size=SIZE)
        assert diptych.identify(folder / name).names == (NETWORK,)
    plain_keras(folder / "b.keras", kept)
    onnx(folder / "f.onnx", kept)


def alone(folder: Path) -> None:
    """What TensorFlow alone can: a model's file there and back, with the proof in Keras."""
    import diptych

    kept = arrays()
    diptych.build(NETWORK, "tf", weights=kept, input_size=SIZE).save(folder / "b.keras")
    proved(folder / "b.keras", folder / "c.weights.h5", network=NETWORK, input_size=SIZE)
    proved(folder / "c.weights.h5", folder / "d.keras")
    plain_keras(folder / "d.keras", kept)
    onnx(folder / "f.onnx", kept)


def plain_keras(path: Path, kept: dict[str, Any]) -> None:
    """The file in Keras's own hands: it loads, and answers as the meaning of the network in NumPy does."""
    import keras

    import diptych
    from diptych.common import reference

    net = diptych.spec(NETWORK, input_size=SIZE)
    images = np.random.default_rng(1).standard_normal((1, *net.input_shape)).astype(np.float32)
    found = np.asarray(keras.models.load_model(path)(images.transpose(0, 2, 3, 1)))
    near(found, reference.outputs(net, kept, images)[0], f"{path.name} in keras.models.load_model")


def near(found: Any, wanted: Any, what: str) -> None:
    """Assert that two answers are one."""
    far = float(np.abs(found - wanted).max() / np.abs(wanted).max())
    assert far < NEAR, f"{what}: {far:.1e}"
    said(f"{what}: {far:.1e}")


def onnx(path: Path, kept: dict[str, Any]) -> None:
    """The ONNX file, run in ONNX Runtime, and read again as a model of somebody's."""
    import diptych

    done = diptych.export(diptych.spec(NETWORK, input_size=SIZE), kept, path, force=True)
    said(f"{path.name}: {done.runner} differs by {done.difference:.1e}")
    found = diptych.read(path)
    assert sum(array.size for array in found.weights.values()) == sum(array.size for array in kept.values())
    said(f"{path.name} is read: {len(found.net.nodes)} nodes")


def main(folder: Path, torch: bool) -> None:
    """Run all steps, the first failure ends the process."""
    versions = {name: metadata.version(name) for name in SHOWN if torch or name != "torch"}
    said(f"Python {sys.version.split()[0]}, " + ", ".join(f"{name} {found}" for name, found in versions.items()))
    steps: tuple[Callable[[Path], None], ...] = (twins if torch else alone, command_line)
    for step in steps:
        step(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]), "--without-torch" not in sys.argv)
