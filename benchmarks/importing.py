"""Read other people's networks, and hold what follows from them to the original: exact, or refused, and for what.

    python -m benchmarks.importing --results FILE           # timm's 170 architectures: one variant of each kind
    python -m benchmarks.importing --shard 0/4 --torch      # a quarter of them, without their Keras models
    python -m benchmarks.importing resnet50 convnext_tiny --from torchvision
    python -m benchmarks.importing --count benchmarks/timm_results.tsv

Each is read in float64 with scrambled weights, at two sizes, and compared at both: the PyTorch module and the Keras
model that are built, and the emitted PyTorch file. A line says "exact", "refused" with the reason, or "WRONG".
`timm_architectures.tsv` has the names and sizes. With `--results` what was found is added to a file as it is found, and
what stands in it is not measured again.
"""

from __future__ import annotations

import argparse
import csv
import importlib
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any
from unittest import mock

import diptych

sys.path.insert(0, "parity_tests")  # what the tests hold models with

LIST = Path(__file__).with_name("timm_architectures.tsv")
TOLERANCE = 1e-10
GAINS = (1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3)
LEAST = 1e-6
"""By how much of the largest output two images differ at least."""
Row = tuple[str, int, int]


@dataclass
class Found:
    """What was found of a model: "exact", "refused", "WRONG" or "FAILED"; differences in float64, and seconds.

    `torch`, `source` and `keras` are the largest differences of the PyTorch module, the emitted PyTorch file and the
    Keras model, relative to the largest output, and "" where none was measured. `export` is the time of torch.export,
    and `read` that of `diptych.read` beside it, for the size at which it took longer.
    """

    name: str
    word: str = "exact"
    torch: float | str = 0.0
    source: float | str = 0.0
    keras: float | str = ""
    sizes: str = ""
    nodes: int = 0
    lines: int = 0
    read: float = 0.0
    export: float = 0.0
    why: str = ""

    def __str__(self) -> str:
        told = f" {self.why}" if self.why else ""
        if self.word in ("exact", "WRONG"):
            gaps = [f"{key} {gap:.1e}" for key in ("torch", "source", "keras") if (gap := getattr(self, key)) != ""]
            told = f" {', '.join(gaps)} at {self.sizes}, {self.nodes} nodes, {self.lines} lines{told}"
        return f"{self.name:28} {self.word}{told[:300]}, read in {self.read:.1f} s and torch.export's {self.export:.1f}"


def rows() -> list[Row]:
    """(name, height, width) of the architectures."""
    with LIST.open(encoding="utf-8", newline="") as file:
        return [(name, int(height), int(width)) for name, height, width in list(csv.reader(file, delimiter="\t"))[1:]]


def made(library: str, name: str) -> Any:
    """A model of a library with random weights."""
    from references.libraries import torchvision_models

    models = torchvision_models()
    if library == "timm":
        return importlib.import_module("timm").create_model(name, pretrained=False)
    return getattr(models, name)(weights=None)


@contextmanager
def clocked() -> Iterator[list[float]]:
    """The seconds of every call of torch.export meanwhile."""
    from diptych.torch_impl.importing import export, read

    seconds: list[float] = []
    whole = export.exported

    def timed(*given: Any) -> Any:
        begin = time.perf_counter()
        try:
            return whole(*given)
        finally:
            seconds.append(time.perf_counter() - begin)

    with mock.patch.object(read, "exported", timed):
        yield seconds


def in_float64() -> Any:
    """While it lasts, `x.float()`, which code has for the sake of half precision, does not round models of float64."""
    import torch

    return mock.patch.object(torch.Tensor, "float", torch.Tensor.double)


def measured(name: str, model: Any, size: tuple[int, int], keras: bool) -> Found:
    """What is found of a model, at a size and at another."""
    import torch

    model = model.double().eval()
    sizes = size, _other(model, size)
    found = Found(name, keras=0.0 if keras else "")
    gain = _scrambled(model, sizes)
    found.sizes = " and ".join(f"{height} x {width}" for height, width in sizes)
    for height, width in sizes:
        begin = time.perf_counter()
        with clocked() as exports:
            try:
                result = diptych.read(model, torch.zeros(1, 3, height, width))
            except diptych.DiptychError as error:
                return Found(name, "refused", "", "", "", export=round(sum(exports), 2), why=str(error))
        found.read = max(found.read, round(time.perf_counter() - begin - sum(exports), 2))
        found.export = max(found.export, round(sum(exports), 2))
        _compare(found, model, result)
    told = [*result.notes, *([f"kernels times {gain}"] if gain != 1 else [])]
    found.nodes, found.why = len(result.net.nodes), "; ".join(told)
    found.lines = diptych.source(result.net, "torch").count("\n")
    worst = [gap for gap in (found.torch, found.source, found.keras) if not isinstance(gap, str)]
    found.word = "exact" if all(gap < TOLERANCE for gap in worst) else "WRONG"
    return found


def _compare(found: Found, model: Any, result: Any) -> None:
    """Widen the differences by those of a reading."""
    import reading

    images = reading.images_of(result.net)
    wanted = reading.outputs(model, images)
    ways: dict[str, Callable[[], Any]] = {
        "torch": lambda: reading.built(result, "torch", images),
        "source": lambda: reading.from_source(result, images),
    }
    if found.keras != "":
        ways["keras"] = lambda: reading.built(result, "tf", images)
    for key, way in ways.items():
        gap, before = reading.difference(way(), wanted), getattr(found, key)
        setattr(found, key, before if gap <= before else gap)  # which keeps what is no number


def _scrambled(model: Any, sizes: Sequence[tuple[int, int]]) -> float:
    """Give a model numbers that hide nothing; what its kernels are multiplied with so that it magnifies no rounding.

    Some networks without a bound (gates of SiLU in RegNetZ) give 1e-8 for a last bit of the image. No port could be
    held to 1e-10 there.
    """
    import reading
    import torch

    for gain in GAINS:
        reading.scramble(model)
        with torch.no_grad():
            for tensor in model.state_dict().values():
                if tensor.is_floating_point() and tensor.dim() > 1 and tensor[0].numel() > 1:
                    tensor.mul_(gain)
        if max(_magnified(model, size) for size in sizes) < TOLERANCE / 100:
            break
    return gain


def _magnified(model: Any, size: tuple[int, int]) -> float:
    """How far outputs move when the image does by its last bits; infinity where they do not tell two images apart."""
    import numpy as np
    import reading

    random = np.random.default_rng(3)
    images = random.standard_normal((2, 3, *size))
    try:
        before = reading.outputs(model, images)
    except Exception:  # noqa: BLE001 - whatever the model raises: reading it says what
        return 0.0
    after = reading.outputs(model, images * (1 + 1e-15 * random.standard_normal(images.shape)))
    told = min(float(np.abs(x[0] - x[1]).max() / np.abs(x).max()) for x in before)
    return float("inf") if told < LEAST else reading.difference(after, before)


def _other(model: Any, size: tuple[int, int]) -> tuple[int, int]:
    """Another size that the model takes: odd, or where it takes multiples of 32 alone such a one."""
    import torch

    odd = (size[0] + 33, size[1] - 31)
    try:
        with torch.no_grad():
            model(torch.zeros(1, 3, *odd, dtype=torch.float64))
    except Exception:  # noqa: BLE001 - whatever the code of the model throws
        return size[1], size[0]
    return odd


def stored(path: Path) -> list[dict[str, str]]:
    """The rows of a file of results."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def store(path: Path, found: Found) -> None:
    """Add a row to a file of results."""
    begins = not path.exists()
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        if begins:
            writer.writerow([field.name for field in fields(Found)])
        cells = [f"{value:.1e}" if key in ("torch", "source", "keras") and value != "" else value
                 for key, value in asdict(found).items()]  # fmt: skip
        writer.writerow([" ".join(str(cell).split())[:400] for cell in cells])


def count(path: Path) -> None:
    """Print how many of the architectures are what, and those that are not exact."""
    found, names = {row["name"]: row for row in stored(path)}, [name for name, _, _ in rows()]
    tried = [found[name] for name in names if name in found]
    exact = [row for row in tried if row["word"] == "exact"]
    print(", ".join(f"{n} {word}" for word, n in Counter(row["word"] for row in tried).most_common()), end=", ")
    print(f"{len(names) - len(tried)} not tried, of {len(names)}")
    for key, title in (("torch", "PyTorch module"), ("source", "emitted PyTorch file"), ("keras", "Keras model")):
        gaps = [float(row[key]) for row in exact if row[key]]
        print(f"{title}: {len(gaps)} measured, {sum(gap == 0 for gap in gaps)} bit for bit, at most {max(gaps):.1e}")
    reads = sorted(float(row["read"]) for row in exact)
    print(f"read beside torch.export: {reads[len(reads) // 2]:.1f} s the median, {reads[-1]:.1f} s the most")
    for row in tried:
        if row["word"] != "exact":
            print(f"{row['name']}: {row['word']} {row['why']}")


def main() -> None:
    """Print a line for each network, and how many are exact."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--from", dest="library", choices=("timm", "torchvision"), default="timm")
    parser.add_argument("--torch", action="store_true", help="without the Keras models")
    parser.add_argument("--shard", default="0/1", help="every n-th, from the m-th on: m/n")
    parser.add_argument("--results", type=Path, help="a file that what is found is added to")
    parser.add_argument("--count", type=Path, help="say only what stands in a file of results")
    options = parser.parse_args()
    if options.count:
        count(options.count)
        return
    warnings.simplefilter("ignore")
    first, apart = map(int, options.shard.split("/"))
    sizes = {name: (height, width) for name, height, width in rows()}
    wanted = options.names or list(sizes)[first::apart]
    known = {row["name"] for row in stored(options.results)} if options.results and options.results.exists() else set()
    words = Counter[str]()
    for name in [name for name in wanted if name not in known]:
        try:
            with in_float64():
                found = measured(name, made(options.library, name), sizes.get(name, (64, 96)), not options.torch)
        except Exception as error:  # noqa: BLE001 - one fault is a line, and the others are measured
            found = Found(name, "FAILED", "", "", "", why=f"{type(error).__name__}: {error}")
        words[found.word] += 1
        print(found, flush=True)
        if options.results:
            store(options.results, found)
    print(", ".join(f"{number} {word}" for word, number in words.most_common()))


if __name__ == "__main__":
    main()
