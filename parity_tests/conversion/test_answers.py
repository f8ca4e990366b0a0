"""What `identify` says of registered networks without tracing any: what it finds, and only where all is plain."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
from command_line import process, run
from safetensors.numpy import save_file
from selection import some
from writers import answers as writer

import diptych
from diptych.commands.identifying import lines
from diptych.common.kept import kept
from diptych.conversion import answers
from diptych.files import headers, read, write

SOME = ("lenet5_modern", "squeezenet1_1", "shufflenet_v2_x0_5", "mobilenet_v3_small", "repvgg_a0_train")


def state(name: str) -> dict[str, Any]:
    return {key: torch.from_numpy(array) for key, array in diptych.init(name).items()}


def test_the_file_is_of_the_networks_and_names_as_they_stand() -> None:
    """So that it is read at all."""
    assert kept(answers.FILE)["checksums"] == answers.sources()


@pytest.mark.parametrize("name", some(diptych.networks(), *SOME))
def test_what_is_kept_is_what_is_found(name: str) -> None:
    found, sizes = writer.found([name])
    stored = kept(answers.FILE)
    assert found
    assert {key: stored["answers"].get(key) for key in found} == found
    assert {key: stored["sizes"].get(key) for key in sizes} == {key: list(size) for key, size in sizes.items()}


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_a_file_is_answered_as_if_it_were_traced(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"x{suffix}"
    if suffix == ".pth":
        torch.save(state("squeezenet1_1"), path)
    else:
        save_file(dict(diptych.init("squeezenet1_1")), path)
    known = answers.answer(path)
    assert known == lines(diptych.identify(path))
    assert run("identify", str(path)).stdout.startswith(f"{path}: squeezenet1_1 in the names of torchvision")


@pytest.mark.parametrize("suffix", [".keras", ".weights.h5"])
def test_a_keras_file_is_answered_as_if_it_were_traced(suffix: str, tmp_path: Path) -> None:
    path, net = tmp_path / f"x{suffix}", diptych.spec("squeezenet1_1")
    write(path, net, diptych.init(net), {})
    known = answers.answer(path)
    assert known == lines(diptych.identify(path))
    assert known[0].startswith(": squeezenet1_1 in the names of diptych")
    assert run("identify", str(path)).stdout.startswith(f"{path}{known[0]}\n")


def test_an_answer_for_a_keras_file_reads_neither_numpy_nor_h5py(tmp_path: Path) -> None:
    path, net = tmp_path / "x.keras", diptych.spec("squeezenet1_1")
    write(path, net, diptych.init(net), {})
    code = (
        "import sys; sys.argv = ['diptych', 'identify', sys.argv[1]]\nfrom diptych.commands.plain import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print([name for name in ('h5py', 'numpy.linalg', 'diptych.common.registry') if name in sys.modules])"
    )
    said = process(str(path), code=code).stdout.splitlines()
    assert said[0].startswith(f"{path}: squeezenet1_1")
    assert said[-1] == "[]"


ODD_MODELS = ("another size", "10 classes", "no name", "optimizer", "more", "packed", "damaged header")


@pytest.mark.parametrize("odd", ODD_MODELS)
def test_what_is_odd_in_a_keras_file_is_looked_at(odd: str, tmp_path: Path) -> None:
    """And what is found is what would be without an answer that is kept."""
    path = tmp_path / ("x.keras" if odd in ("another size", "packed", "damaged header") else "x.weights.h5")
    changed: dict[str, dict[str, Any]] = {"another size": {"input_size": (128, 128)}, "10 classes": {"num_classes": 10}}
    options = changed.get(odd, {})
    net = diptych.spec("squeezenet1_1", **options)
    write(path, net, diptych.init(net), {})
    if odd == "packed":
        packed = tmp_path / "packed.keras"
        with zipfile.ZipFile(path) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
            for name in old.namelist():
                new.writestr(name, old.read(name))
        path = packed
    elif odd == "damaged header":
        data = path.read_bytes()
        path.write_bytes(data.replace(b"SNOD", b"SNOT", 1))
    elif path.suffix == ".h5" and not options:
        with h5py.File(path, "r+") as file:
            layer = file["layers/conv2d/vars"]
            if odd == "no name":
                del layer.attrs["name"]
            elif odd == "optimizer":
                file["optimizer/vars/0"] = [1.0]
            elif odd == "more":
                layer["2"] = [1.0]
    assert answers.answer(path) is None
    if odd in ("another size", "10 classes", "optimizer", "packed"):
        said = lines(diptych.identify(path))
        assert said[0].startswith(": squeezenet1_1")
        assert (", input_size=(128, 128)" in said[0]) == (odd == "another size")
        assert any("left out: optimizer" in line for line in said) == (odd == "optimizer")


@pytest.mark.parametrize(
    "odd", ["wrapped", "bfloat16", "prefix", "whole numbers", "more", "damaged header", "not there"]
)
def test_what_is_odd_is_looked_at(odd: str, tmp_path: Path) -> None:
    path, found = tmp_path / "x.pth", state("lenet5_modern")
    first = next(iter(found))
    if odd == "prefix":
        found = {f"module.{key}": value for key, value in found.items()}
    elif odd == "more":
        found["more"] = torch.zeros(3)
    elif odd in ("bfloat16", "whole numbers"):
        found[first] = found[first].to(torch.bfloat16 if odd == "bfloat16" else torch.int8)
    torch.save({"state_dict": found, "epoch": 3} if odd == "wrapped" else found, path)
    if odd == "damaged header":
        path.write_bytes(path.read_bytes()[:-30])
    if odd == "not there":
        path.unlink()
    assert (headers.shapes(path) is None) == (odd not in ("more", "prefix"))  # names that no network has
    assert answers.answer(path) is None


@pytest.mark.parametrize("change", ["gap", "twice", "longer", "type"])
def test_a_header_of_safetensors_is_that_of_a_whole_file(change: str, tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    save_file({"a": np.zeros((2, 3), np.float32), "b": np.zeros(2, np.float32)}, path)
    assert headers.shapes(path) == {"a": (2, 3), "b": (2,)}
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    text = data[8 : 8 + length].decode().rstrip()
    changed = {
        "gap": text.replace("[24,32]", "[25,33]"),
        "twice": text.replace('"b"', '"a"'),
        "longer": text.replace("[2,3]", "[2,4]"),
        "type": text.replace("F32", "F31", 1),
    }[change]
    assert changed != text
    path.write_bytes(len(changed).to_bytes(8, "little") + changed.encode() + data[8 + length :])
    assert headers.shapes(path) is None


def test_the_networks_or_names_were_edited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.save(state("lenet5_modern"), tmp_path / "x.pth")
    assert answers.answer(tmp_path / "x.pth")
    stored = json.loads(answers.FILE.read_text(encoding="utf-8"))
    stored["checksums"]["zoo"]["lenet.py"] += 1
    (tmp_path / "other.json").write_text(json.dumps(stored))
    monkeypatch.setattr(answers, "FILE", tmp_path / "other.json")
    assert answers.answer(tmp_path / "x.pth") is None


@pytest.mark.parametrize("suffix", [".pth", ".keras", ".safetensors"])
def test_identify_reads_headers_alone(suffix: str, tmp_path: Path) -> None:
    """The numbers of a file may be damaged, which `convert` finds; what identify gives has none of them."""
    good, bad = (tmp_path / f"{stem}{suffix}" for stem in ("good", "bad"))
    net = diptych.spec("squeezenet1_1", num_classes=7)
    write(good, net, diptych.init(net), {})
    shutil.copy(good, bad)
    data = bytearray(good.read_bytes())
    middle = data.find(diptych.init(net)["features.0.weight"].tobytes()[:64]) if suffix != ".keras" else len(data) // 2
    data[middle + 8] ^= 1
    bad.write_bytes(data)
    found = diptych.identify(bad)
    assert lines(found) == lines(diptych.identify(good))
    assert found.names[0] == "squeezenet1_1"
    assert not found.matches[0].checkpoint.names
    if suffix != ".safetensors":  # which has no checksums
        with pytest.raises(diptych.DiptychError, match="damaged"):
            read(bad)
