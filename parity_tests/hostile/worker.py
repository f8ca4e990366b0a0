"""The process that takes inputs one after the other: `python worker.py KIND... OUTCOMES`, a line of JSON for each.

It says before each input which one it is, so that its parent knows what it died of. Run by `drive`.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import runpy
import shutil
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).parent.parent))

import diptych
from diptych.common.errors import DiptychError, SpecError
from diptych.common.spec import Net
from diptych.conversion import batch
from hostile import WANTED, Input, Outcome, documents, oracles
from hostile.good import FORMATS, good_file, weights
from hostile.inputs import inputs

SECONDS = 20
SLACK = 96 << 20
"""Bytes beside three times the file: what the libraries keep of their own from one input to the next."""
SPACE = 6 << 30
"""Address space beyond that of the libraries: whoever asks for more gets a MemoryError."""
BUILT = 3_000_000
"""Parameters of a network up to which it is built, too."""


class Late(BaseException):
    """An input took longer than it may."""


class WrongError(Exception):
    """An input was accepted, and what came out is not what is in it."""


def main(selection: str, outcomes: Path) -> None:
    """Take the inputs that `selection` names, but those that have an outcome already."""
    done = {json.loads(line)["name"] for line in outcomes.read_text().splitlines()} if outcomes.exists() else set()
    chosen = json.loads(selection)
    wanted = [item for item in inputs(chosen["kinds"], chosen["each"]) if item.name not in done]
    signal.signal(signal.SIGALRM, _late)
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as name, outcomes.open("a", buffering=1) as file:
        home = Path(name)
        os.chdir(home)
        _warm(home, chosen["kinds"])
        if chosen["plant"]:
            runpy.run_path(chosen["plant"])
        resource.setrlimit(resource.RLIMIT_AS, (_status("VmSize") + SPACE,) * 2)
        for item in wanted:
            outcomes.with_suffix(".current").write_text(json.dumps([item.kind, item.name]))
            file.write(json.dumps(asdict(_outcome(item, home))) + "\n")


def _late(*_: Any) -> None:
    raise Late


def _warm(home: Path, kinds: Sequence[str]) -> None:
    """Read one good file of each format, so that every library is there before memory is measured."""
    special = {"pickles": ["torch"], "archives": ["torch", "keras"], "HDF5": ["weights.h5", "keras2"]}
    special |= {"graphs": ["onnx", "bundle", "frozen"], "manifests": ["torch"]}
    forms = {"safetensors", *(form for kind in kinds for form in special.get(kind, [kind] if kind in FORMATS else []))}
    for form in sorted(forms):
        path, files = good_file(form)
        _weights(Input(form, form, files, path), home / "warm" / form)
    path, files = good_file("safetensors")
    other = {path: files[path].replace(b"conv1", b"canv1").replace(b"c1.", b"k1.")}  # held against all networks
    with contextlib.suppress(DiptychError):
        _weights(Input("safetensors", "other names", other, path), home / "warm" / "other")
    if "reports" in kinds:
        _report(Input("reports", "warm", documents.converted(), "o.npz", "report"), home / "warm" / "report")
    if "nets" in kinds:
        diptych.build(diptych.spec("lenet5_modern"), "torch")
    shutil.rmtree(home / "warm")


def _status(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(f"{field}:"))


def _outcome(item: Input, home: Path) -> Outcome:
    folder = home / "in"
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before, start = _status("VmRSS"), time.monotonic()
    signal.alarm(SECONDS)
    try:
        what, message = JOBS[item.job](item, folder)
    except DiptychError as error:
        what, message = "refused", str(error)
    except Late:
        what, message = f"longer than {SECONDS} s", ""
    except WrongError as error:
        what, message = "wrong", str(error)
    except BaseException as error:  # noqa: BLE001  # that is what is looked for
        what, message = f"escaped: {type(error).__name__}", str(error)
    signal.alarm(0)
    seconds, peak = time.monotonic() - start, max(_status("VmHWM") - before, 0)
    size = sum(map(len, item.files.values()))
    if what in WANTED and peak > SLACK + 3 * size:
        what, message = f"{peak >> 20} MB for a file of {size >> 10} kB", message[:200]
    if what == "refused" and (len(message) > 2000 or not message.isprintable()):
        what = "a message that is not safe to print"
    if Path("RAN").exists():
        what = "code ran"
        shutil.rmtree("RAN") if Path("RAN").is_dir() else Path("RAN").unlink()
    left = _left(item, folder) if what == "refused" else []
    shutil.rmtree(folder, ignore_errors=True)
    if left:
        what, message = f"left {left[0]}", message
    return Outcome(item.kind, item.name, what, message[:300], round(seconds, 3), peak)


def _left(item: Input, folder: Path) -> list[str]:
    """The files that were not there before."""
    if not folder.exists():
        return []
    names = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    if item.job == "manifest":  # of a batch, the good files may be done
        names -= set(documents.batched())
    return sorted(names - set(item.files))


def _weights(item: Input, folder: Path) -> tuple[str, str]:
    path = item.written(folder)
    result = folder / "result.npz"
    first = _identified(path)
    diptych.convert(path, result, check=None)
    if first and "registered" not in first:
        raise WrongError(f"converted, though identify says {first}")
    signal.alarm(0)  # the time is diptych's: h5py alone walks 3000 nested groups for 10 s, and 20 s on a busy machine
    try:
        differs = oracles.compare(path)
    except oracles.NoLibraryError as error:
        differs = _unlike_good(result, str(error))
    if differs:
        raise WrongError(differs)
    return "accepted", ""


def _identified(path: Path) -> str:
    """The error of identify, "" for none; one that is not safe to print goes on."""
    try:
        diptych.identify(path)
    except DiptychError as error:
        if not str(error).isprintable():
            raise
        return str(error)
    return ""


def _unlike_good(result: Path, why: str) -> str:
    """Of a file that its library does not take: how the result differs from the good weights."""
    import numpy as np

    with np.load(result) as found:
        for name, array in weights().items():
            if not np.array_equal(found[name], array):
                return f"{name} is not what was saved; the library does not take the file ({why})"
    return ""


def _report(item: Input, folder: Path) -> tuple[str, str]:
    path = item.written(folder)
    found = diptych.verify(path, "float32")
    if not found.passed:
        return "refused", str(found).replace("\n", " ")
    said, true = (json.loads(text) for text in (
        item.files["o.npz.report.json"], documents.converted()["o.npz.report.json"]))  # fmt: skip
    lies = [key for key in {*said, *true} - FREE if said.get(key) != true.get(key)]
    proof = {key for key in true["proof"] if said["proof"].get(key) != true["proof"][key]} - {"seconds"}
    same = all(item.files[name] == documents.converted()[name] for name in ("o.npz", "a.safetensors"))
    if [key for key in lies if key != "proof"] or proof or not same:
        raise WrongError(f"verified, though it lies in {', '.join(lies) or 'a file'}")
    return "accepted", ""


FREE = {"notes", "seconds", "versions", "not_compared", "readers"}
"""What a report says that nothing can be held against."""


def _manifest(item: Input, folder: Path) -> tuple[str, str]:
    out = item.written(folder)
    done = batch.convert_all(batch.files(folder / "src"), out, ".npz", 1, documents.SETTINGS)
    for entry in done:
        name = f"out/{Path(entry.destination).name}"
        if not entry.error and (folder / name).read_bytes() != documents.batched()[name]:
            raise WrongError(f"{name} is not what an unbroken run writes")
    errors = [entry.error for entry in done if entry.error]
    return ("refused", errors[0]) if errors else ("accepted", "")


def _net(item: Input, folder: Path) -> tuple[str, str]:
    text = item.files["net.json"].decode("utf-8", "surrogateescape")
    good_net = Net.from_json(item.files["good.json"].decode())
    try:
        net = Net.from_json(text)
    except DiptychError as error:
        if not isinstance(error, SpecError):
            raise WrongError(f"no SpecError: {error}") from None
        raise
    if net != good_net:
        for job in (lambda: diptych.source(net, "torch"), lambda: diptych.source(net, "tf"), lambda: _built(net)):
            try:
                job()
            except DiptychError:
                continue
    return "accepted", ""


def _built(net: Net) -> None:
    if net.params < BUILT:
        diptych.build(net, "torch")


JOBS: dict[str, Callable[[Input, Path], tuple[str, str]]] = {
    "weights": _weights,
    "report": _report,
    "manifest": _manifest,
    "net": _net,
}

if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
