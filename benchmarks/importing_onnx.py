"""Read 39 ONNX files of five exporters, and hold the Nets to the models that the files were made of.

    python -m benchmarks.importing_onnx                 # all of them
    python -m benchmarks.importing_onnx --shard 0/3     # a third
    python -m benchmarks.importing_onnx resnet18        # those of this name

Models have scrambled weights and are exported in float64; the Net's PyTorch model is compared with the original in
float64. Those of tf2onnx are the files of the tests, with Keras's answers (`benchmarks/tf2onnx_files.py`). A line says
"exact", "refused" with the reason, or "WRONG", and how many of the Net's weights bear the name of the original's: that
of its state dict, or of Keras's layer, and for an offset that a folded normalisation left that of its convolution.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import logging
import re
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import diptych
from diptych.common.importing.imported import Imported
from diptych.common.spec import Array

sys.path.insert(0, "parity_tests")  # what the tests hold models with

TOLERANCE = 1e-10
SIZE = (64, 96)
WRITTEN = Path("parity_tests/importing/tf2onnx")


class File(NamedTuple):
    """A file: where the model is from, its name, what exports it, and the opset."""

    library: str
    name: str
    exporter: str
    opset: int


FILES = (
    *(File("torchvision", name, "torchscript", opset) for name, opset in (
        ("resnet18", 11), ("mobilenet_v2", 12), ("mobilenet_v3_small", 14), ("shufflenet_v2_x0_5", 13),
        ("squeezenet1_1", 15), ("googlenet", 16), ("densenet121", 17), ("mnasnet0_5", 18), ("efficientnet_b0", 17),
        ("regnet_y_400mf", 19), ("convnext_tiny", 13), ("mobilenet_v3_large", 20))),
    *(File("timm", name, "torchscript", opset) for name, opset in (
        ("ghostnet_100", 17), ("resnet18d", 11), ("hardcorenas_a", 16), ("ecaresnet50t", 18))),
    *(File("torchvision", name, "dynamo", opset) for name, opset in (
        ("squeezenet1_1", 18), ("resnet18", 20), ("mobilenet_v3_small", 21), ("shufflenet_v2_x0_5", 18),
        ("convnext_tiny", 20))),
    *(File("diptych", name, "diptych", 22) for name in (
        "lenet5_modern", "alexnet_original", "resnet18", "mobilenet_v2", "shufflenet_v2_x0_5", "efficientnet_b0",
        "squeezenet1_1", "ghostnet_0_5", "mobilenet_v3_small")),
    *(File("keras", name, "tf2onnx", opset) for name, opset in (
        ("mobile", 13), ("residual", 14), ("vgg", 15), ("gates", 16), ("unet", 17), ("convnext", 18), ("groups", 13),
        ("slices", 15), ("attention", 18))),
)  # fmt: skip


def original(file: File) -> Any:
    """The model, with random weights in float64."""
    import reading
    from references.libraries import torchvision_models

    if file.library == "diptych":
        model = diptych.build(diptych.spec(file.name), "torch", dtype="float64")
    elif file.library == "timm":
        model = importlib.import_module("timm").create_model(file.name, pretrained=False)
    else:
        options = {"init_weights": False} if file.name == "googlenet" else {}
        model = getattr(torchvision_models(), file.name)(weights=None, **options)
    model = model.double().eval()
    reading.scramble(model)
    return model


def exported(file: File, model: Any, path: Path) -> None:
    """Write the file; dynamic sizes where the exporter has them for each model."""
    import torch

    images = torch.zeros(1, 3, *SIZE, dtype=torch.float64)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        if file.exporter == "dynamo":
            torch.onnx.export(model, (images,), path, dynamo=True, opset_version=file.opset, external_data=False)
            return
        free = {"input": {0: "batch", 2: "height", 3: "width"}}
        torch.onnx.export(model, (images,), path, dynamo=False, opset_version=file.opset, input_names=["input"],
                          dynamic_axes=free)  # fmt: skip


def found_by_name(result: Imported, names: set[str]) -> tuple[int, int]:
    """(weights of the Net that bear a name of the original's, weights of the Net)."""
    names = {re.sub(r"[^\w.]", "_", name) for name in names}  # `block1-0` is no attribute, and is called block1_0
    layers = {name.removesuffix(".weight") for name in names if name.endswith(".weight")}
    bearing = [n for n in result.weights if n in names or n.removesuffix(".bias") in layers]
    return len(bearing), len(result.weights)


def prepared(file: File, path: Path) -> tuple[Path, set[str], Any, Callable[[Array], list[Array]]]:
    """(the file, the names of weights, an image, the original's answers)."""
    import reading
    import torch

    if file.exporter == "tf2onnx":
        kept = np.load(WRITTEN / f"{file.name}.npz")
        answers = [kept[key] for key in kept.files if key.startswith("arr_")]
        wanted = [item.transpose(0, 3, 1, 2) if item.ndim == 4 else item for item in answers]
        names = {f"{layer}.{own}" for layer in kept["layers"] for own in ("weight", "bias", "parameter")}
        images = kept["images"].astype(np.float64).transpose(0, 3, 1, 2)
        return WRITTEN / f"{file.name}.onnx", names, images, lambda _: wanted
    model = original(file)
    if file.library == "diptych":
        net = diptych.spec(file.name)
        state = diptych.weights(model, net)
        diptych.export(net, state, path, dtype="float64", opset=file.opset)
        return path, set(state), torch.zeros(1, *map(int, net.input_shape)), partial(reading.outputs, model)
    exported(file, model, path)
    return path, set(model.state_dict()), torch.zeros(1, 3, *SIZE), partial(reading.outputs, model)


def measured(file: File, folder: Path) -> tuple[str, tuple[int, int], float]:
    """(what was found, weights by name, seconds to read it)."""
    import reading

    path, names, example, answers = prepared(file, folder / "model.onnx")
    begin = time.perf_counter()
    try:
        result = diptych.read(path, example)
    except diptych.DiptychError as error:
        return f"refused {error}", (0, 1), time.perf_counter() - begin
    seconds = time.perf_counter() - begin
    images = example if file.exporter == "tf2onnx" else reading.images_of(result.net)
    wanted = answers(images)
    got = reading.built(result, "torch", images)
    worst = max(float(np.abs(a.reshape(b.shape) - b).max() / np.abs(b).max()) for a, b in zip(got, wanted, strict=True))
    diptych.source(result.net, "torch")
    said = f"{'exact' if worst < TOLERANCE else 'WRONG'} {worst:.1e} {len(result.net.nodes)} nodes"
    return said, found_by_name(result, names), seconds


def lines(files: tuple[File, ...]) -> Iterator[tuple[str, str, tuple[int, int]]]:
    """(the line, the first word of what was found, weights by name) of each file."""
    for file in files:
        with tempfile.TemporaryDirectory() as folder:
            try:
                said, (bearing, of), seconds = measured(file, Path(folder))
            except Exception as error:  # noqa: BLE001 - one fault is a line, and the others are measured
                said, (bearing, of), seconds = f"FAILED {type(error).__name__}: {str(error)[:200]}", (0, 1), 0.0
        head = f"{file.exporter:12} {file.opset:3} {file.library:12} {file.name:20}"
        line = f"{head} {said[:300]}, {bearing} of {of} weights by name, read in {seconds:.1f} s"
        yield line, said.partition(" ")[0], (bearing, of)


def main() -> None:
    """Print a line for each file, how many are exact, and the share of weights found by name."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--shard", default="0/1", help="every n-th, from the m-th on: m/n")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    first, apart = map(int, options.shard.split("/"))
    files = tuple(file for file in FILES if not options.names or file.name in options.names)[first::apart]
    found, bearing, of = Counter[str](), 0, 0
    for line, word, (named, weights) in lines(files):
        found[word] += 1
        bearing, of = bearing + named, of + weights
        print(line, flush=True)
    print(", ".join(f"{count} {word}" for word, count in found.most_common()), f"of {len(files)} files;",
          f"{bearing} of {of} weights by name ({bearing / max(of, 1):.1%})")  # fmt: skip


if __name__ == "__main__":
    main()
