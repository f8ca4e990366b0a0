"""Pickles that call, ask for memory, nest, or lie about their storages, in torch's zip, bare, and in its old form."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
from collections.abc import Iterator
from typing import Any

from hostile import Input
from hostile.good import good_file

RAN = "RAN"
"""The file that code makes when it runs, in the folder in which the process stands."""
CALLS: dict[str, tuple[Any, ...]] = {
    "open": (b"cio\nopen\n", RAN, "w"),
    "builtins": (b"cbuiltins\nopen\n", RAN, "w"),
    "mkdir": (b"cos\nmkdir\n", RAN),
    "system": (b"cos\nsystem\n", f"touch {RAN}"),
    "posix": (b"cposix\nsystem\n", f"touch {RAN}"),
    "popen": (b"csubprocess\nPopen\n", ["touch", RAN]),
    "eval": (b"cbuiltins\neval\n", f"open('{RAN}','w')"),
    "exec": (b"cbuiltins\nexec\n", f"open('{RAN}','w')"),
    "getattr": (b"cbuiltins\ngetattr\n", "x", "__class__"),
    "import": (b"cbuiltins\n__import__\n", "antigravity"),
    "torch load": (b"ctorch\nload\n", RAN),
    "torch hub": (b"ctorch.hub\nload\n", "a", "b"),
    "runpy": (b"crunpy\nrun_path\n", RAN),
    "code": (b"ctypes\nCodeType\n", 0),
    "numpy load": (b"cnumpy\nload\n", RAN),
    "shutil": (b"cshutil\nrmtree\n", RAN),
    "keras": (b"ckeras.models\nload_model\n", RAN),
    "functools": (b"cfunctools\npartial\n", 1),
    "webbrowser": (b"cwebbrowser\nopen\n", "file:///"),
}


def inputs() -> Iterator[Input]:
    """All of them, in each of the three forms of a torch file."""
    for name, stream in {**_calls(), **_demands(), **_shapes()}.items():
        yield _input(f"zip, {name}", _archive(stream))
        yield _input(f"bare, {name}", stream)
        yield _input(f"old form, {name}", _old(stream))
    yield from _beside_weights()
    yield from _storages()


def _input(name: str, data: bytes) -> Input:
    return Input("pickles", f"pickle {name}", {"a.pth": data}, "a.pth")


def _archive(stream: bytes, storages: dict[str, bytes] | None = None, **more: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("a/data.pkl", stream)
        archive.writestr("a/byteorder", more.get("byteorder", b"little"))
        for key, data in (storages or {}).items():
            archive.writestr(f"a/data/{key}", data)
        archive.writestr("a/version", b"3\n")
    return made.getvalue()


def _old(stream: bytes) -> bytes:
    head = [pickle.dumps(value, 2) for value in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True})]
    return b"".join(head) + stream + pickle.dumps([], 2)


def _arguments(values: tuple[Any, ...]) -> bytes:
    return pickle.dumps(values, 2)[2:-1]


def _calls() -> dict[str, bytes]:
    """What calls: by REDUCE, NEWOBJ, OBJ, INST and BUILD, and through STACK_GLOBAL and extension codes."""
    found = {}
    for name, (where, *values) in CALLS.items():
        arguments = _arguments(tuple(values))
        found[f"{name} by reduce"] = b"\x80\x02" + where + arguments + b"R."
        found[f"{name} by newobj"] = b"\x80\x02" + where + arguments + b"\x81."
        module, attribute = where[1:-1].split(b"\n")
        text = b"".join(b"\x8c" + bytes([len(part)]) + part for part in (module, attribute))
        found[f"{name} by stack global"] = b"\x80\x04" + text + b"\x93" + arguments + b"R."
    where, *values = CALLS["system"]
    listed = b"".join(_arguments((value,))[:-1] for value in values)
    found["obj"] = b"\x80\x02(" + where + listed + b"o."
    found["inst"] = b"(" + b"X" + struct.pack("<I", 9) + b"touch RAN" + b"ios\nsystem\n."
    found["build"] = b"\x80\x02ccollections\nOrderedDict\n)R}X\x07\x00\x00\x00__reduce" + b"K\x01sb."
    found["setstate"] = b"\x80\x02cos\nsystem\n" + _arguments(("touch RAN",)) + b"b."
    found["extension"] = b"\x80\x02\x82\x01."
    return found


def _demands() -> dict[str, bytes]:
    """What asks for memory or time: long strings that are not there, large memos, long integers, depth, doubling."""
    double = b"\x80\x02]q\x00" + b"".join(
        b"]q" + bytes([i + 1]) + b"(" + b"h" + bytes([i]) + b"h" + bytes([i]) + b"e" for i in range(100)
    )
    return {
        "memo of 4 billion": b"\x80\x02}r\xff\xff\xff\xff.",
        "memo by text": b"(dp4294967295\n.",
        "get of nothing": b"\x80\x02h\x05.",
        "string of 4 GB": b"\x80\x02X\xff\xff\xff\xffa.",
        "string of 2^63": b"\x80\x04\x8d" + b"\xff" * 7 + b"\x7fa.",
        "bytes of 2^62": b"\x80\x04\x8e" + b"\x00" * 7 + b"\x40a.",
        "bytearray of 2^40": b"\x80\x05\x96\x00\x00\x00\x00\x00\x01\x00\x00a.",
        "frame of 2^63": b"\x80\x04\x95" + b"\xff" * 7 + b"\x7f.",
        "integer of 2 GB": b"\x80\x02\x8b\xff\xff\xff\x7f.",
        "integer of a megabyte": b"\x80\x02\x8b\x00\x00\x10\x00" + b"\x7f" * (1 << 20) + b".",
        "integer as long text": b"\x80\x02L" + b"9" * 200_000 + b"L\n.",
        "integer as text": b"I" + b"9" * 200_000 + b"\n.",
        "negative length": b"\x80\x02T\xff\xff\xff\xff.",
        "deep lists": b"\x80\x02" + b"]" * 200_000 + b"a" * 199_999 + b".",
        "deep tuples": b"\x80\x02)" + b"\x85" * 200_000 + b".",
        "deep dicts": b"\x80\x02" + b"}K\x01" * 100_000 + b"}" + b"s" * 100_000 + b".",
        "many marks": b"\x80\x02" + b"(" * 500_000 + b".",
        "doubled 100 times": double + b".",
        "a list in itself": b"\x80\x02]q\x00h\x00a.",
        "a dict in itself": b"\x80\x02}q\x00X\x05\x00\x00\x00modelh\x00s.",
        "a key that is a list": b"\x80\x02}]K\x01s.",
        "many opcodes": b"\x80\x02" + b"N0" * 1_000_000 + b"N.",
        "many duplicates": b"\x80\x02N" + b"2" * 1_000_000 + b".",
    }


def _shapes() -> dict[str, bytes]:
    """What is no whole pickle, or none of a state dict."""
    values: dict[str, Any] = {"none": None, "a number": 5, "a text": "x", "a list": [1], "an empty dict": {}}
    values |= {"numbers by name": {"a": 1, "b": 2.5}, "a surrogate": {"\ud800": 1}, "control": {"\x1b[31m\n": 1}}
    values |= {"a wrapper of nothing": {"state_dict": {}}, "deep wrappers": {"model": {"model": {"model": {}}}}}
    found = {name: pickle.dumps(value, 2) for name, value in values.items()}
    found |= {"nothing": b"", "no stop": b"\x80\x02}", "an empty stack": b"\x80\x02.", "protocol 9": b"\x80\x09}."}
    found |= {"pop of nothing": b"\x80\x020.", "unknown opcode": b"\x80\x02\xf0.", "persistent": b"\x80\x02K\x05Q."}
    found |= {"persistent by text": b"Pabc\n.", "persistent tuple": b"\x80\x02" + _arguments(("storage",)) + b"Q."}
    found |= {"two values": b"\x80\x02}}.", "a float as text": b"Fnot a number\n.", "a string": b"S'abc\n."}
    found |= {"bad utf-8": b"\x80\x02X\x02\x00\x00\x00\xff\xfe.", "append to a number": b"\x80\x02K\x01K\x02a."}
    found |= {"set item of a number": b"\x80\x02K\x01K\x02K\x03s.", "build of a number": b"\x80\x02K\x01}b."}
    return found


def _beside_weights() -> Iterator[Input]:
    """Good weights with a foreign object beside them, and foreign objects in place of a weight."""
    import torch

    from hostile.good import weights

    state = {name: torch.from_numpy(array) for name, array in weights().items()}
    for name in ("system", "eval", "popen", "mkdir", "shutil"):
        where, *values = CALLS[name]
        call = b"ccollections\nOrderedDict\n)R0" + where + _arguments(tuple(values)) + b"R"
        for place, key in (("beside", "args"), ("in place of", "conv1.weight")):
            whole = {"state_dict": dict(state), key: "MARK"} if place == "beside" else {**state, key: "MARK"}
            made = io.BytesIO()
            torch.save(whole, made, pickle_protocol=2)
            mark = b"X\x04\x00\x00\x00MARK"
            with zipfile.ZipFile(made) as archive:
                members = {info.filename: archive.read(info) for info in archive.infolist()}
            key_of = next(key for key in members if key.endswith("data.pkl"))
            members[key_of] = members[key_of].replace(mark, call, 1)
            new = io.BytesIO()
            with zipfile.ZipFile(new, "w") as archive:
                for member, data in members.items():
                    archive.writestr(member, data)
            yield _input(f"{name} {place} weights", new.getvalue())


def _storages() -> Iterator[Input]:
    """Tensors whose offset, size, stride, type or storage does not fit what is stored."""
    _, files = good_file("torch")
    whole = files["a.pth"]
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        first = next(info.filename for info in archive.infolist() if info.filename.endswith("data.pkl"))
        good = archive.read(first)
        rest = {i.filename.rpartition("/")[2]: archive.read(i) for i in archive.infolist() if "/data/" in i.filename}
    lies = {"offset": (b"K\x00(", b"J\xff\xff\xff\x7f("), "negative offset": (b"K\x00(", b"J\xff\xff\xff\xff(")}
    lies |= {"float offset": (b"K\x00(", b"G" + struct.pack(">d", 0.5) + b"(")}
    lies |= {"double": (b"FloatStorage", b"DoubleStorage"), "half": (b"FloatStorage", b"HalfStorage")}
    lies |= {"bfloat16": (b"FloatStorage", b"BFloat16Storage"), "no such type": (b"FloatStorage", b"FlaatStorage")}
    lies |= {"bool": (b"FloatStorage", b"BoolStorage"), "complex": (b"FloatStorage", b"ComplexFloatStorage")}
    lies |= {"cuda": (b"X\x03\x00\x00\x00cpu", b"X\x06\x00\x00\x00cuda:0"), "meta": (b"cpu", b"met")}
    lies |= {"no storage": (b"X\x01\x00\x00\x000", b"X\x01\x00\x00\x00z"), "v3": (b"_tensor_v2", b"_tensor_v3")}
    lies |= {"path": (b"X\x01\x00\x00\x000", b"X\x08\x00\x00\x00../../e0")}
    for name, (old, new) in lies.items():
        for count in (1, -1):
            stream = good.replace(old, new, count)
            yield _input(f"with {name}, {'once' if count == 1 else 'always'}", _archive(stream, rest))
    for name, change in {"short": slice(0, 8), "empty": slice(0, 0)}.items():
        yield _input(f"with a storage that is {name}", _archive(good, {**rest, "0": rest["0"][change]}))
    yield _input("with a long storage", _archive(good, {**rest, "0": rest["0"] * 2}))
    for order in (b"big", b"middle", b"\xff"):
        yield _input(f"with byte order {order!r}", _archive(good, rest, byteorder=order))
