"""Hostile torch files: nothing runs, nothing is made that the file does not warrant, and every refusal is an error."""

from __future__ import annotations

import json
import pickle
import struct
import subprocess
import sys
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from refusal import RunsCode
from stored import tensors
from torch_bytes import Made, Reference, legacy, pickled, storage, tensor, zipped

from diptych.common.errors import FileError
from diptych.files import read
from diptych.files.again import torch as again

MEMO = b"r\xff\xff\xff\xff"
LAUGHS = b"]q\0" + b"".join(b"0]q%c(h%ch%ce" % (n, n - 1, n - 1) for n in range(1, 60))
COLLIDING = [number * ((1 << 61) - 1) for number in range(20)]
"""Integers of one hash."""
STATE = pickled({"a": tensor(storage())})
"""A sound state dict, as a pickle."""


def beside(value: bytes) -> bytes:
    """A wrapper of a sound state dict, and a value beside it by its opcodes, which leave it on the stack."""
    return b"\x80\x02}X\5\0\0\0extra" + value + b"sX\5\0\0\0model" + STATE[2:-1] + b"s."


OPCODES: dict[str, bytes] = {
    "memo": b"\x80\x02K\1" + MEMO + b".",
    "long integer": b"\x80\x02\x8b\xff\xff\xff\x7f.",
    "negative length": b"\x80\x02\x8b\xff\xff\xff\xff.",
    "large integer": b"\x80\x02\x8b\x00\x08\x00\x00" + bytes(2048) + b".",
    "digits": b"I" + b"9" * 5_000 + b"\n.",
    "no end of line": b"I" + b"9" * 100_000,
    "long text": b"\x80\x02X\xff\xff\xff\xff.",
    "longer text": b"\x80\x04\x8d" + struct.pack("<Q", 1 << 62) + b".",
    "long bytes": b"\x80\x04\x8e" + struct.pack("<Q", (1 << 64) - 1) + b".",
    "bytearray": b"\x80\x05\x96" + struct.pack("<Q", 1 << 40) + b".",
    "frame": b"\x80\x04\x95" + struct.pack("<Q", 1 << 40) + b"N.",
    "protocol": b"\x80\x06N.",
    "unknown": b"\x80\x02\xff.",
    "empty stack": b"\x80\x02s.",
    "nothing": b"\x80\x02.",
    "no mark": b"\x80\x02t.",
    "one left": b"\x80\x02K\1\x86.",
    "no memo": b"\x80\x02h\7.",
    "unhashable": b"\x80\x02}]K\1s.",
    "odd items": b"\x80\x02}(K\1u.",
    "append to a dict": b"\x80\x02}K\1a.",
    "set in a number": b"\x80\x02K\1K\1K\1s.",
    "build a list": b"\x80\x02]}b.",
    "build a class": b"\x80\x02ccollections\nOrderedDict\n}b.",
    "call with a list": b"\x80\x02cos\nsystem\n]R.",
    "extension": b"\x80\x02\x82\1.",
    "buffer": b"\x80\x05\x97.",
    "text reference": b"P0\n.",
    "utf-8": b"\x80\x02X\1\0\0\0\xff.",
    "quotes": b"S'a\n.",
    "float": b"Fone\n.",
    "reference": b"\x80\x02K\5Q.",
    "empty reference": b"\x80\x02)Q.",
    "none of storage": b"\x80\x02(X\7\0\0\0storageNNNNtQ.",
    "list key": b"\x80\x02}(](K\1eK\1u.",
    "deep key": b"\x80\x02})" + b"\x85" * 1_000_000 + b"K\1s.",
    "wide key": b"\x80\x02})" + b"2\x86" * 60 + b"K\1s.",
    "colliding keys": b"\x80\x02}(" + b"".join(b"\x8a\x09%bN" % n.to_bytes(9, "little") for n in COLLIDING) + b"u.",
    "endless": b"\x80\x02" + b"N0" * 1_100_000 + b"N.",
    "empty sets": b"\x80\x04(" + b"\x8f" * 1_000_000 + b"t.",
    "many dicts": b"\x80\x02(" + b"}" * 2_100_000 + b"t.",
    "deep marks": b"\x80\x02" + b"(" * 2_100_000 + b".",
    "made again": b"\x80\x02](" + b"]" * 100_000 + b"eq\0ccollections\nOrderedDict\nq\1" + b"0h\1h\0\x85R" * 100 + b".",
    "sets again": b"\x80\x02](" + b"N" * 100_000 + b"eq\0cbuiltins\nset\nq\1" + b"0h\1h\0\x85R" * 100 + b".",
    "arguments again": b"\x80\x02(" + b"N" * 200_000 + b"tq\0cnumpy\ndtype\nq\1" + b"0h\1h\0R" * 300_000 + b".",
    "object in object": b"\x80\x02cos\nsystem\nq\0" + b"h\0" * 400_000 + b")" + b"R\x85" * 400_000 + b".",
    "object as a key": b"\x80\x02}cos\nsystem\n" + LAUGHS + b"\x85RK\1s.",
    "bytes again": b"\x80\x02X\0\0\x10\0"
    + b"a" * (1 << 20)
    + b"q\0c_codecs\nencode\nq\1"
    + b"0h\1h\0\x85R" * 100
    + b".",
}
"""What no pickle of a checkpoint has."""
LONG = {kind: data for kind, data in OPCODES.items() if len(data) > 10_000}
CASES = [(kind, form) for kind in OPCODES for form in (zipped, legacy) if form is zipped or kind not in LONG]


@pytest.mark.parametrize(("kind", "form"), CASES)
def test_pickles_that_are_no_checkpoint(tmp_path: Path, kind: str, form: Callable[[Path, bytes], Path]) -> None:
    path = form(tmp_path / "in.pth", OPCODES[kind])
    began = time.process_time()
    with pytest.raises(FileError) as error:
        read(path)
    assert str(path) in str(error.value)
    assert len(str(error.value)) < 2_000
    assert "pickle, byte " in str(error.value) or " of type " in str(error.value)
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    "value",
    [
        LAUGHS,
        b"]q\0h\0a",
        b"}q\0(X\1\0\0\0ah\0u",
        b"]" * 50_000 + b"a" * 49_999,
        b")" + b"\x85" * 50_000,
        b"X\0\0\x20\0" + b"a" * (1 << 21),
        b"cos\nsystem\nX\x08\0\0\0touch \0x\x85R",
        b"(ios\nsystem\n",
        b"(cos\nsystem\nNo",
        b"cos\nsystem\n)\x81}(X\1\0\0\0aNub",
        b"cbuiltins\ngetattr\ncos\npath\nX\6\0\0\0system\x86RX\2\0\0\0id\x85R",
    ],
    ids=["laughs", "cycle", "own dict", "deep", "deep tuple", "long", "reduce", "inst", "obj", "new", "getattr"],
)
@pytest.mark.parametrize("form", [zipped, legacy])
def test_what_stands_beside_the_weights_costs_nothing(
    tmp_path: Path, value: bytes, form: Callable[[Path, bytes], Path]
) -> None:
    data = beside(value)
    if form is legacy:
        data = data.replace(b"K\x06tq", b"K\x06Ntq")
    path = form(tmp_path / "in.pth", data)
    began = time.process_time()
    assert tensors(path).arrays["a"].shape == (2, 3)
    assert time.process_time() - began < 2


def weights(count: Any = 6, *arguments: Any, **more: Any) -> bytes:
    return pickled({"a": tensor(storage(count, **more), *arguments)})


TENSORS: dict[str, Callable[[], bytes]] = {
    "beyond": lambda: weights(6, 1),
    "far beyond": lambda: weights(6, 1 << 61),
    "long": lambda: weights(6, 0, (2, 1 << 40)),
    "negative offset": lambda: weights(6, -1),
    "negative length": lambda: weights(6, 0, (-2, -3)),
    "negative stride": lambda: weights(6, 5, (6,), (-1,)),
    "zero and absurd": lambda: weights(6, 0, (0, 1 << 61, 1 << 61), (0, 0, 0)),
    "rank": lambda: weights(6, 0, (1,) * 33, (1,) * 33),
    "other rank": lambda: weights(6, 0, (2, 3), (1,)),
    "real length": lambda: weights(6, 0, (2.0, 3.0)),
    "true length": lambda: weights(6, 0, (True, 3)),
    "text length": lambda: weights(6, 0, "23"),
    "huge": lambda: weights(6, 0, (1 << 200, 3)),
    "swollen": lambda: weights(6, 0, (1 << 30,), (0,)),
    "many swollen": lambda: pickled({str(n): tensor(storage(), 0, (100_000,), (0,)) for n in range(30)}),
    "storage too short": lambda: weights(7),
    "storage too long": lambda: weights(5, 0, (5,), (1,)),
    "negative storage": lambda: weights(-6),
    "huge storage": lambda: weights(1 << 70),
    "another type": lambda: pickled({"a": tensor(storage()), "b": tensor(storage(6, "0", "IntStorage"))}),
    "no record": lambda: weights(6, key="1"),
    "a way out": lambda: weights(6, key="../data.pkl"),
    "number as key": lambda: weights(6, key=0),
    "no storage": lambda: pickled({"a": tensor(None)}),
    "tensor of tensor": lambda: pickled({"a": tensor(tensor(storage()))}),
    "short reference": lambda: pickled({"a": tensor(Reference("storage", "0"))}),
    "another reference": lambda: pickled({"a": tensor(Reference("file", int, "0", "cpu", 6))}),
    "class of another": lambda: pickled({"a": tensor(Reference("storage", int, "0", "cpu", 6))}),
    "bits": lambda: weights(6, 0, (2, 3), (3, 1), {"neg": True}),
    "two of one name": lambda: pickled({"1": tensor(storage()), 1: tensor(storage())}),
    "no tensor": lambda: pickled({"a": Made(RunsCode, Path("/nowhere"))}),
}


@pytest.mark.parametrize("kind", TENSORS)
@pytest.mark.parametrize("form", [zipped, legacy])
def test_tensors_that_are_not_in_the_file(tmp_path: Path, kind: str, form: Callable[[Path, bytes], Path]) -> None:
    data = TENSORS[kind]()
    if form is legacy:  # a reference there has a sixth part
        data = data.replace(b"tq\x05Q", b"Ntq\x05Q").replace(b"tq\x06Q", b"Ntq\x06Q").replace(b"tq\x07Q", b"Ntq\x07Q")
    with pytest.raises(FileError) as error:
        read(form(tmp_path / "in.pth", data))
    assert str(tmp_path) in str(error.value)


def test_parts_of_legacy_storages_stay_inside(tmp_path: Path) -> None:
    for view in (("v", 4, 3), ("v", -1, 3), ("v", 0, -1), ("v", 0), "v", (1, 0, 3), ("v", 0.0, 3)):
        data = pickled({"a": tensor(storage(6, "0", "FloatStorage", view), 0, (3,), (1,))})
        with pytest.raises(FileError, match="part"):
            read(legacy(tmp_path / "in.pth", data))


@pytest.mark.parametrize("keys", [[], ["1"], ["0", "0"], "0", [["0"]], {"0": 1}])
def test_a_list_of_storages_that_is_not_that_of_the_tensors(tmp_path: Path, keys: Any) -> None:
    data = pickled({"a": tensor(storage(6, "0", "FloatStorage", None))})
    path = legacy(tmp_path / "in.pth", data)
    whole = path.read_bytes()
    path.write_bytes(whole.replace(pickle.dumps(["0"], 2), pickle.dumps(keys, 2)))
    assert path.read_bytes() != whole
    with pytest.raises(FileError, match="list of storages"):
        read(path)


LIMITED = """
import json, resource, sys, time
from pathlib import Path
from diptych.common.errors import FileError
from diptych.files import read
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
said = {}
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
for path in sorted(Path(sys.argv[1]).iterdir()):
    before, began = peak(), time.process_time()
    try:
        read(path)
        found = "read"
    except FileError as error:
        found = str(error)
    said[path.name] = [peak() - before, time.process_time() - began, found]
print(json.dumps(said))
"""


def test_the_memory_and_the_time_that_hostile_pickles_take(tmp_path: Path) -> None:
    """In a process of its own, one after the other: what one takes beyond all before it is at most 300 MB."""
    for number, data in enumerate(LONG.values()):
        zipped(tmp_path / f"{number:02}.pth", data)
    done = subprocess.run([sys.executable, "-c", LIMITED, str(tmp_path)], capture_output=True, text=True, check=True)
    said = json.loads(done.stdout)
    assert len(said) == len(LONG) > 9
    assert max(memory for memory, _, _ in said.values()) < 300
    assert max(seconds for _, seconds, _ in said.values()) < 5
    assert not [name for name, (_, _, found) in said.items() if found == "read"]


@pytest.mark.parametrize("form", [zipped, legacy])
def test_code_beside_the_weights_does_not_run_in_either_reader(
    tmp_path: Path, form: Callable[[Path, bytes], Path]
) -> None:
    marker, view = tmp_path / "it_ran", () if form is zipped else (None,)
    weights = tensor(storage(6, "0", "FloatStorage", *view))
    path = form(tmp_path / "in.pth", pickled({"model": {"a": weights}, "extra": RunsCode(marker)}))
    assert "left out: extra (an object of posix.mkdir)" in tensors(path).notes[0]
    assert again.read(path).arrays["model", "a"].shape == (2, 3)
    assert not marker.exists()


def test_attributes_do_not_shadow_what_a_dict_does(tmp_path: Path) -> None:
    state = pickled(OrderedDict(a=tensor(storage())))
    data = state[:-1] + b"}(X\5\0\0\0itemsK\1X\6\0\0\0valuesK\1X\7\0\0\0diptychK\1ub."
    assert tensors(zipped(tmp_path / "in.pth", data)).arrays["a"].shape == (2, 3)


def test_a_tar_of_old_is_refused_with_advice(tmp_path: Path) -> None:
    import tarfile

    with tarfile.open(tmp_path / "in.pth", "w") as archive:
        archive.addfile(tarfile.TarInfo("storages"))
    with pytest.raises(FileError, match="tar"):
        read(tmp_path / "in.pth")


def test_a_torchscript_program_is_refused_with_advice(tmp_path: Path) -> None:
    zipped(tmp_path / "in.pth", STATE, constants__pkl=b"N.")
    with pytest.raises(FileError, match=r"TorchScript program; save the model's state_dict\(\) instead"):
        read(tmp_path / "in.pth")
