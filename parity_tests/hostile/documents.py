"""JSON that lies: reports of conversions, manifests of batches, networks; and results that are not what was kept."""

from __future__ import annotations

import copy
import functools
import json
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import diptych
from diptych.conversion import batch
from hostile import FOLDER, Input
from hostile.good import good_file

REPORTS, MANIFESTS, NETS = 140, 110, 40
"""How many are made of the report, of the manifest, and of each network."""
NETWORKS = (
    *("lenet5_1998", "lenet5_modern", "lenet_caffe", "alexnet", "squeezenet1_1", "resnet18", "googlenet"),
    *("mobilenet_v2", "shufflenet_v2_x0_5", "darknet19_cls"),
)
SETTINGS: dict[str, Any] = dict.fromkeys(("network", "form", "num_classes", "in_channels", "input_size", "check"))
SETTINGS |= {"to": "diptych", "force": False}
CODE = "open('RAN','w')"
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 3, 0.5, 1e300, float("nan"), float("inf"), 10**15, 10**400, 2**63),
    *("", "x", ".", "../x", "\0", "\x1b[31m\n", "\u202e", "\ud800", "x" * 5000, "[red]x[/]", "\\", '"', "é", "a b"),
    *("<script>alert(1)</script>", "/dev/zero", "/proc/self/mem", "/dev/stdin", "lenet5_modern", "vgg16", "0" * 64),
    *([], {}, [1], ["a"], [[]], {"a": 1}, [1] * 1000, {"self": 1}, "class", "__init__", "self"),
    *({"num_classes": 10**12}, {"input_size": [10**6, 10**6]}),
    *({"int": 1, "poly": []}, {"int": 2, "poly": [[2, ["a"]]]}, {"int": 1, "poly": [[1, [CODE]]]}),
    *(f'x"""\n{CODE}\n"""', f"x'+{CODE}+'", f'"+{CODE}+"', f"x=0;{CODE}", f"({CODE})", "{" + CODE + "}"),
    *(f"a(object): pass\n{CODE}\n#", f"x\n    {CODE}\n", "__import__('os').mkdir('RAN')"),
)
"""What is put in place of any value of a document."""
TEXTS = (
    *("", "x", "null", "[]", "{}", "5", '"x"', "\ufeff{}", "// no\n{}", "{'a': 1}", '{"a": 1, "a": 2}', "\x00", "NaN"),
    *("[" * 100_000, '{"a":' * 100_000, "9" * 10_000, '{"a": 1e999999}', "{" + '"a": 1,' * 100_000 + '"b": 2}'),
    '{"diptych": 99}',
)
BYTES = (b"\xff\xfe\x00", b"\xef\xbb\xbf{}", b"\x80" * 100, b"\x00" * 100_000)


@functools.cache
def converted() -> dict[str, bytes]:
    """A source, its result and the report of it, whose paths begin with FOLDER."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source, files = good_file("safetensors")
        (folder / source).write_bytes(files[source])
        diptych.convert(folder / source, folder / "o.npz")
        found = {path.name: path.read_bytes() for path in folder.iterdir()}
        real = str(folder.resolve()).encode()
        return {name: data.replace(real, FOLDER) if name.endswith(".json") else data for name, data in found.items()}


@functools.cache
def batched() -> dict[str, bytes]:
    """Two sources and the folder of a batch of them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "src").mkdir()
        for number, form in enumerate(("safetensors", "torch")):
            path, files = good_file(form)
            (folder / "src" / f"m{number}{Path(path).suffix}").write_bytes(files[path])
        batch.convert_all(batch.files(folder / "src"), folder / "out", ".npz", 1, SETTINGS)
        found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        real = str(folder).encode()
        return {name: data.replace(real, FOLDER) if name.endswith(".json") else data for name, data in found.items()}


def reports() -> Iterator[Input]:
    """Reports that lie, and true ones beside other files."""
    files = converted()
    for name, data in _changed(files["o.npz.report.json"], "report", REPORTS):
        yield Input("reports", f"report {name}", {**files, "o.npz.report.json": data}, "o.npz", "report")
    for name, other in _others(files["o.npz"]).items():
        yield Input("reports", f"report beside a result {name}", {**files, "o.npz": other}, "o.npz", "report")
    source = files["a.safetensors"]
    for name, other in _others(source).items():
        yield Input("reports", f"report of a source {name}", {**files, "a.safetensors": other}, "o.npz", "report")


def manifests() -> Iterator[Input]:
    """Manifests that lie, and true ones beside other files, or without one."""
    files = batched()
    for name, data in _changed(files["out/manifest.json"], "manifest", MANIFESTS):
        yield Input("manifests", f"manifest {name}", {**files, "out/manifest.json": data}, "out", "manifest")
    for file in ("out/m0.npz", "out/m0.npz.report.json"):
        for name, data in _others(files[file]).items():
            yield Input("manifests", f"{file} {name}", {**files, file: data}, "out", "manifest")
            rest = {key: value for key, value in files.items() if key != "out/manifest.json"}
            yield Input("manifests", f"{file} {name}, no manifest", {**rest, file: data}, "out", "manifest")
    for gone in files:
        if gone.startswith("out/"):
            rest = {key: value for key, value in files.items() if key != gone}
            yield Input("manifests", f"{gone} is gone", rest, "out", "manifest")


def nets() -> Iterator[Input]:
    """Ten networks as JSON, changed."""
    for network in NETWORKS:
        text = diptych.spec(network).to_json().encode()
        for name, data in _changed(text, network, NETS, texts=network == NETWORKS[0]):
            yield Input("nets", f"net {network} {name}", {"net.json": data, "good.json": text}, "net.json", "net")


def _others(data: bytes) -> dict[str, bytes]:
    return {"garbage": b"garbage", "cut": data[: len(data) // 2], "empty": b"", "zero": bytes(len(data)),
            "flipped": data[:-200] + bytes([data[-200] ^ 1]) + data[-199:], "longer": data + b"\0"}  # fmt: skip


def _changed(text: bytes, seed: str, count: int, texts: bool = True) -> Iterator[tuple[str, bytes]]:
    """Documents with one to three values changed, or that are none at all."""
    generator, good = random.Random(seed), json.loads(text)  # noqa: S311  # the same inputs every time
    yield "as it is", text
    for number in range(count):
        document = copy.deepcopy(good)
        for _ in range(generator.choice((1, 1, 1, 1, 2, 3))):
            _change(document, generator)
        yield f"{number}", json.dumps(document).encode()
    for number, other in enumerate(TEXTS if texts else ()):
        yield f"text {number}", other.encode()
    for number, raw in enumerate(BYTES if texts else ()):
        yield f"bytes {number}", raw
    for number in range(8):
        yield f"cut {number}", text[: len(text) * number // 8]


def _change(document: Any, generator: random.Random) -> None:
    """Change one value of a document: every level is as likely as another."""
    here = document
    while True:
        keys = list(here) if isinstance(here, dict) else range(len(here))
        if not keys:
            return
        key = generator.choice(keys)
        inner = here[key]
        if isinstance(inner, (dict, list)) and inner and generator.random() < 0.8:
            here = inner
            continue
        break
    what = generator.random()
    if what < 0.12:
        del here[key]
    elif what < 0.2:
        if isinstance(here, dict):
            here[str(generator.choice(VALUES))[:6000]] = inner
        else:
            here.insert(key, copy.deepcopy(inner))
    elif what < 0.3 and isinstance(inner, int):
        here[key] = inner + generator.choice((-1, 1, 7))
    elif what < 0.36 and isinstance(here, list):
        generator.shuffle(here)
    else:
        here[key] = copy.deepcopy(generator.choice(VALUES))
