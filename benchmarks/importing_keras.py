"""Read models of keras.applications, in memory and from a file without Keras, and hold their Nets to them.

    python -m benchmarks.importing_keras                # one model of each family: a row of a table for each
    python -m benchmarks.importing_keras ResNet101      # those of these names

A model has scrambled weights, logits of seven classes, and is of float64. It is saved as `.keras`; another process,
which imports no Keras, reads the file and runs the PyTorch module of it. A row says the size, the largest difference
from what Keras itself answers, relative to the largest logit, whether the model read in memory is the same network with
the same bits, and the seconds of `read` in memory and from the file. A refusal is printed in place of a row.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import diptych

sys.path.insert(0, "parity_tests")  # what the tests hold models with

TOLERANCE = 1e-10
SIZE, LARGE = (64, 64), (96, 96)
"""The size of the images, and for models that take none so small."""
FAMILIES = (
    *("ConvNeXtTiny", "DenseNet121", "EfficientNetB0", "EfficientNetV2B0", "InceptionResNetV2", "InceptionV3"),
    *("MobileNet", "MobileNetV2", "MobileNetV3Small", "NASNetMobile", "ResNet50", "ResNet50V2", "VGG16", "Xception"),
)
HEAD = "| | size | weights | from Keras, float64 | in memory the same | read in memory, s | from the file, s |"
READER = """
import sys, time
import numpy as np
import diptych
from diptych import backends
file, images, out = sys.argv[1:]
begin = time.perf_counter()
net, weights = diptych.read(file)
seconds = time.perf_counter() - begin
x = np.load(images)
built = diptych.build(net, "torch", weights=weights, dtype="float64")
answers = list(backends.get("torch").outputs(built, net, x))
assert not {"keras", "tensorflow"} & set(sys.modules)
np.savez(out, *answers, seconds=seconds, json=net.to_json(), **{f"w:{name}": array for name, array in weights.items()})
"""


def made(name: str) -> Any:
    """A model of float64 with numbers that hide nothing."""
    import keras
    import keras_reading

    keras.backend.clear_session()
    size = LARGE if name.startswith(("Inception", "Xception")) else SIZE
    options = {"weights": None, "classes": 7, "classifier_activation": None}
    model = getattr(keras.applications, name)(input_shape=(*size, 3), **options)
    keras_reading.scramble(model)
    return model


def from_file(model: Any, images: Any, folder: Path) -> dict[str, Any]:
    """What a process without Keras makes of the model's file: the Net, the weights, the answers, the seconds."""
    file, given, out = folder / "model.keras", folder / "images.npy", folder / "answers.npz"
    model.save(file)
    np.save(given, images)
    subprocess.run([sys.executable, "-c", READER, str(file), str(given), str(out)], check=True)
    with np.load(out) as found:
        return dict(found)


def row(name: str) -> str:
    """The row of a model."""
    import keras_reading
    from reading import difference

    model = made(name)
    begin = time.perf_counter()
    net, weights = diptych.read(model)
    seconds = time.perf_counter() - begin
    images = keras_reading.images_of(net)
    with tempfile.TemporaryDirectory() as folder:
        found = from_file(model, images, Path(folder))
    answers = [found[key] for key in sorted(found) if key.startswith("arr_")]
    gap = difference(answers, keras_reading.outputs(model, net, images))
    again = {key.removeprefix("w:"): array for key, array in found.items() if key.startswith("w:")}
    same = str(found["json"]) == net.to_json() and {n: a.tobytes() for n, a in again.items()} == {
        n: a.tobytes() for n, a in weights.items()
    }
    size = f"{net.input_shape[1]} x {net.input_shape[2]}"
    word = f"{gap:.1e}" if gap < TOLERANCE else f"WRONG, {gap:.1e}"
    counted = sum(array.size for array in weights.values())
    told = [
        name,
        size,
        f"{counted:,}",
        word,
        "yes" if same else "NO",
        f"{seconds:.2f}",
        f"{float(found['seconds']):.2f}",
    ]
    return f"| {' | '.join(told)} |"


def main() -> None:
    """Print a row for each model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=FAMILIES)
    import keras

    names = parser.parse_args().names
    keras.config.set_floatx("float64")
    print(f"{HEAD}\n|---|---|---:|---:|---|---:|---:|")
    for name in names:
        try:
            print(row(name), flush=True)
        except diptych.DiptychError as error:
            print(f"{name} is refused: {error}", flush=True)


if __name__ == "__main__":
    main()
