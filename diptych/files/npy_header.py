"""The header of an array file, .npy: the text of a dict with three keys, read by its letter and never evaluated.

NumPy's own reader evaluates it as a literal of Python, which short texts bring to its knees; NumPy reads the file again
in the proof. https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import numpy as np

from ..common.errors import FileError

MAGIC, LONGEST = b"\x93NUMPY", 1 << 12
"""How an array file begins; bytes of its beginning in which the header ends."""
LENGTHS = {b"\x01\x00": 2, b"\x02\x00": 4, b"\x03\x00": 4}
"""Version -> bytes in which the length of the header is written."""
ITEM = re.compile(r"\s*'(descr|fortran_order|shape)'\s*:\s*('[^']{1,16}'|True|False|\([-0-9, L]{0,600}\)|\[)\s*,?")
NUMBERS, TYPE = re.compile(r"-?\d{1,20}"), re.compile(r"'([<>=|]?[fiub?]\d{0,2})'")
KINDS = "fiub"


class Header(NamedTuple):
    """What an array file says of itself, and the bytes before its numbers."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    fortran: bool
    length: int


def read(start: bytes, where: str) -> Header:
    """The header at the beginning of an array file; raises FileError for another, and for arrays of no numbers."""
    version = start[6:8]
    if start[:6] != MAGIC or version not in LENGTHS:
        got = f"version {tuple(version)} of the format .npy" if start[:6] == MAGIC else "no format of NumPy"
        raise FileError(f"{where} is in {got}, expected (1, 0) to (3, 0)")
    first = 8 + LENGTHS[version]
    length = first + int.from_bytes(start[8:first], "little")
    said = _items(start[first:length].decode("latin-1")) if length <= len(start) else {}
    if said.keys() != {"descr", "fortran_order", "shape"} or said["fortran_order"] not in ("True", "False"):
        raise ValueError(f"{where.rpartition(': ')[2]} has no header as NumPy writes it")
    shape = tuple(int(number) for number in NUMBERS.findall(said["shape"]))
    return Header(_dtype(said["descr"], where), shape, said["fortran_order"] == "True", length)


def _items(text: str) -> dict[str, str]:
    """The three items of a header as texts; fewer where it is something else."""
    text = text.strip()
    found, place = dict[str, str](), 1
    while item := ITEM.match(text, place):
        if item[1] in found:
            return {}
        found[item[1]], place = item[2], item.end()
        if item[2] == "[":  # the fields of a structure, which is refused by its kind
            return {"shape": "()", "fortran_order": "False"} | found
    shape = found.get("shape", "")
    return found if text[:1] == "{" and text[place:].strip() == "}" and shape[:1] == "(" else {}


def _dtype(text: str, where: str) -> np.dtype[Any]:
    """The dtype of a text; raises FileError for anything but plain numbers."""
    if text.strip("'<>=|").startswith("O"):
        raise FileError(f"{where} holds Python objects, which may run code when they are loaded; save plain numbers")
    known = TYPE.fullmatch(text)
    try:
        dtype = np.dtype(known[1] if known else "V1")
    except TypeError:
        dtype = np.dtype("V1")
    if dtype.kind not in KINDS:
        raise FileError(f"{where} holds {text[:20]}, a type that NumPy has no numbers for; save it as float32 first")
    return dtype
