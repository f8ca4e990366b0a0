"""safetensors headers that lie, made of the good file: lengths, offsets, shapes, types, and JSON that is none."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from typing import Any

from hostile import Input
from hostile.good import good_file


def inputs() -> Iterator[Input]:
    """Files whose header was changed."""
    path, files = good_file("safetensors")
    whole = files[path]
    size = struct.unpack("<Q", whole[:8])[0]
    head, data = json.loads(whole[8 : 8 + size]), whole[8 + size :]
    for name, text in _texts(head).items():
        yield _input(name, struct.pack("<Q", len(text)) + text + data)
    text = whole[8 : 8 + size]
    for length in (0, 1, size - 1, size + 1, len(whole), 1 << 31, 1 << 32, (1 << 63) - 1, (1 << 64) - 1):
        yield _input(f"length {length}", struct.pack("<Q", length) + text + data)
    yield _input("no data", struct.pack("<Q", size) + text)
    yield _input("a little data", struct.pack("<Q", size) + text + data[:100])


def _input(name: str, data: bytes) -> Input:
    return Input("headers", f"safetensors {name}", {"a.safetensors": data}, "a.safetensors")


def _texts(head: dict[str, Any]) -> dict[str, bytes]:
    first = next(name for name in head if name != "__metadata__")
    entry = head[first]
    found: dict[str, bytes] = {}
    for key, values in _values(entry).items():
        for number, value in enumerate(values):
            found[f"{key} {number}"] = json.dumps({**head, first: {**entry, key: value}}).encode()
    for number, value in enumerate(({}, [], None, 5, "x", {"dtype": "F32"}, {**entry, "more": 1})):
        found[f"entry {number}"] = json.dumps({**head, first: value}).encode()
    for number, value in enumerate(
        (5, [], {"a": 1}, {"diptych.network": "\x1b[31m"}, {"diptych.network": "x" * 10**6})
    ):
        found[f"metadata {number}"] = json.dumps({**head, "__metadata__": value}).encode()
    options = ("[]", "{", '{"num_classes": 1000000000000}', '{"input_size": [100000, 100000]}', '{"x": {}}', "[" * 5000)
    for number, value in enumerate(options):
        said = {"diptych.network": "lenet5_modern", "diptych.options": value}
        found[f"options {number}"] = json.dumps({**head, "__metadata__": said}).encode()
    whole = json.dumps(head).encode()
    found |= {"a name twice": whole[:-1] + b', "' + first.encode() + b'": ' + json.dumps(entry).encode() + b"}"}
    found |= {
        "deep": b'{"a":' * 50_000,
        "a list": b"[]",
        "a number": b"5",
        "not utf-8": b'{"\xff": 1}',
        "nan": b'{"a":NaN}',
    }
    found |= {"a long number": b'{"a":' + b"9" * 10_000 + b"}", "spaces": b"{" + b" " * 100_000 + whole[1:]}
    found |= {"names with control characters": json.dumps({f"\x1b[31m{n}\n": v for n, v in head.items()}).encode()}
    found |= {"long names": json.dumps({n * 5000: v for n, v in head.items()}).encode()}
    found |= {"many empty": json.dumps({**head, **{f"e{n}": {**entry, "shape": [0], "data_offsets": [0, 0]}
                                                  for n in range(20_000)}}).encode()}  # fmt: skip
    found |= {"the same place": json.dumps({n: {**v, "data_offsets": entry["data_offsets"]} for n, v in head.items()
                                            if n != "__metadata__"}).encode()}  # fmt: skip
    return found


def _values(entry: dict[str, Any]) -> dict[str, list[Any]]:
    first, last = entry["data_offsets"]
    big = 1 << 62
    return {
        "dtype": ["F64", "BF16", "F8_E4M3", "I8", "BOOL", "x", "", 5, None, ["F32"]],
        "shape": [[], [0], [-1], [big, big], [0, big, big], [1.5], ["1"], [True], None, 5, [1] * 101, [10**30], [[1]]],
        "data_offsets": [
            *([last, first], [first], [first, last, last], [first - 1, last], [first, last + 4], [0, big]),
            *([-4, last], [first + 0.5, last], [None, last], "x", [first, 10**30], [first + 4, last + 4], []),
        ],
    }
