"""Zips that lie: members that swell, overlap, have two names or lead outside, headers that differ, and lies in .npy."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator

from hostile import Input
from hostile.good import good_file

Members = dict[str, bytes]
FORMS = {"torch": ("a.pth", "a/data/0"), "npz": ("a.npz", "conv1.weight.npy"), "keras": ("a.keras", "config.json")}


def inputs() -> Iterator[Input]:
    """Zips in each of the three formats that are zips, and array headers that lie."""
    for form, (path, _) in FORMS.items():
        members = _members(form)
        for name, make in CHANGES.items():
            yield Input("archives", f"{form} {name}", {path: make(members)}, path)
        yield Input("archives", f"{form} empty", {path: _zip({})}, path)
        for name in list(members)[:12]:
            rest = {key: data for key, data in members.items() if key != name}
            yield Input("archives", f"{form} without {name}", {path: _zip(rest)}, path)
    for name, header in _headers().items():
        yield Input("archives", f"npy header {name}", {"a.npz": _zip({"conv1.weight.npy": header})}, "a.npz")


def _members(form: str) -> Members:
    path, files = good_file(form)
    with zipfile.ZipFile(io.BytesIO(files[path])) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def _zip(members: Members, method: int = zipfile.ZIP_STORED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return made.getvalue()


def _first(members: Members) -> str:
    return max(members, key=lambda name: len(members[name]))


def _patched(offset: int, new: bytes, mark: bytes = b"PK\x01\x02") -> Callable[[Members], bytes]:
    """A zip whose largest member says something else in its header."""

    def change(members: Members) -> bytes:
        whole, name = bytearray(_zip(members)), _first(members).encode()
        place = whole.find(mark)
        header = 46 if mark == b"PK\x01\x02" else 30
        while place >= 0 and whole[place + header : place + header + len(name)] != name:
            place = whole.find(mark, place + 1)
        whole[place + offset : place + offset + len(new)] = new
        return bytes(whole)

    return change


def _swollen(members: Members) -> bytes:
    return _zip({**members, _first(members): bytes(1 << 27)}, zipfile.ZIP_DEFLATED)


def _swollen_in_parts(members: Members) -> bytes:
    return _zip({**members, **{f"{_first(members)}{n}.npy": bytes(1 << 22) for n in range(24)}}, zipfile.ZIP_DEFLATED)


def _understated(members: Members) -> bytes:
    """A deflated member that gives more bytes than either header says."""
    whole = bytearray(_zip(members, zipfile.ZIP_DEFLATED))
    size = struct.pack("<I", len(members[_first(members)]))
    return bytes(whole).replace(size, struct.pack("<I", 64))


def _twice(members: Members) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
        name = _first(members)
        archive.filelist.append(archive.getinfo(name))
    return made.getvalue()


def _two_of_one_name(members: Members) -> bytes:
    name, other = _first(members), "q" * len(_first(members))
    whole = _zip({**members, other: bytes(len(members[name]))})
    return whole.replace(other.encode(), name.encode())


def _renamed(new: str) -> Callable[[Members], bytes]:
    return lambda members: _zip({(new if key == _first(members) else key): data for key, data in members.items()})


def _local_name(members: Members) -> bytes:
    whole, name = _zip(members), _first(members).encode()
    return whole.replace(name, b"z" * len(name), 1)


def _two_ends(members: Members) -> bytes:
    return _zip(members) + _zip({name: bytes(len(data)) for name, data in members.items()})


def _commented(members: Members) -> bytes:
    made = io.BytesIO(_zip(members))
    with zipfile.ZipFile(made, "a") as archive:
        archive.comment = b"PK\x05\x06" + bytes(18)
    return made.getvalue()


def _many(members: Members) -> bytes:
    return _zip({**members, **{f"m/{number}": b"" for number in range(20_000)}})


def _quine(members: Members) -> bytes:
    """Bytes that are compressed twice."""
    name = _first(members)
    return _zip({**members, name: zlib.compress(zlib.compress(members[name]))}, zipfile.ZIP_DEFLATED)


CHANGES: dict[str, Callable[[Members], bytes]] = {
    "all deflated": lambda members: _zip(members, zipfile.ZIP_DEFLATED),
    "all in bzip2": lambda members: _zip(members, zipfile.ZIP_BZIP2),
    "all in lzma": lambda members: _zip(members, zipfile.ZIP_LZMA),
    "swollen": _swollen,
    "swollen in parts": _swollen_in_parts,
    "understated": _understated,
    "one entry twice": _twice,
    "two members of one name": _two_of_one_name,
    "another local name": _local_name,
    "two ends": _two_ends,
    "an end in its comment": _commented,
    "many members": _many,
    "compressed twice": _quine,
    "bytes before": lambda members: bytes(1000) + _zip(members),
    "bytes after": lambda members: _zip(members) + bytes(1000),
    "upwards": _renamed("../../x"),
    "absolute": _renamed("/etc/x"),
    "control characters": _renamed("a\x1b[31m\n.npy"),
    "a long name": _renamed("n" * 60_000),
    "another method": _patched(10, b"\x08\x00"),
    "another method before the data": _patched(8, b"\x08\x00", b"PK\x03\x04"),
    "an unknown method": _patched(10, b"\x63\x00"),
    "encrypted": _patched(8, b"\x01\x00"),
    "another checksum": _patched(16, b"abcd"),
    "less compressed": _patched(20, b"\x10\x00\x00\x00"),
    "more compressed": _patched(20, b"\xfe\xff\xff\x7f"),
    "smaller": _patched(24, b"\x10\x00\x00\x00"),
    "larger": _patched(24, b"\xfe\xff\xff\x7f"),
    "zip64 without its field": _patched(24, b"\xff\xff\xff\xff"),
    "another disk": _patched(34, b"\x05\x00"),
    "another place": _patched(42, b"\x07\x00\x00\x00"),
    "a place outside": _patched(42, b"\xf0\xff\xff\x7f"),
    "smaller before the data": _patched(22, b"\x10\x00\x00\x00", b"PK\x03\x04"),
    "a longer name before the data": _patched(26, b"\xff\xff", b"PK\x03\x04"),
    "a longer extra field before the data": _patched(28, b"\xff\x7f", b"PK\x03\x04"),
}


def _headers() -> dict[str, bytes]:
    """Array files whose header is none, asks for much, or would run."""

    def array(text: bytes, version: bytes = b"\x01\x00", data: bytes = bytes(64)) -> bytes:
        size = struct.pack("<H" if version == b"\x01\x00" else "<I", len(text))
        return b"\x93NUMPY" + version + size + text + data

    plain = b"{'descr': '<f4', 'fortran_order': False, 'shape': (4, 4), }"
    texts = {"minus": b"-" * 9000 + b"1\n", "brackets": b"[" * 3000 + b"\n", "parentheses": b"(" * 60_000}
    texts |= {"call": b"__import__('os').system('touch RAN')", "text": b"x", "nothing": b"", "utf-8": b"\xff\xfe{}"}
    texts |= {"a tuple": b"(1, 2)", "missing": b"{'descr': '<f4'}", "more": plain[:-1] + b"'x': 1}"}
    shapes = (b"(-1, 4)", b"(4.0, 4)", b"4", b"(2**62,)", b"(4611686018427387904, 4, 0)", b"(True, 16)", b"('4',)")
    texts |= {f"shape {shape.decode()}": plain.replace(b"(4, 4)", shape) for shape in shapes}
    texts["100 axes"] = plain.replace(b"(4, 4)", b"(" + b"1," * 100 + b")")
    texts["a long number"] = plain.replace(b"(4, 4)", b"(" + b"9" * 5000 + b",)")
    kinds = (b"'|O'", b"'<U4'", b"'>f4'", b"'<c8'", b"'<M8[s]'", b"[('a', '<f4')]", b"'|V4'", b"'<f3'", b"'x'", b"5")
    texts |= {f"type {kind.decode()}": plain.replace(b"'<f4'", kind) for kind in kinds}
    texts |= {f"order {order.decode()}": plain.replace(b"False", order) for order in (b"True", b"1", b"None", b"'F'")}
    found = {name: array(text) for name, text in texts.items()}
    found |= {"version 2": array(plain, b"\x02\x00"), "version 3": array(plain, b"\x03\x00")}
    found |= {"version 9": array(plain, b"\x09\x00"), "less data": array(plain, data=bytes(63))}
    found |= {"more data": array(plain, data=bytes(65)), "no magic": plain, "cut": array(plain)[:20]}
    return found
