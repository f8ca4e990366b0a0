"""The beginning of a `.weights` file: three int32, major, minor and revision, and how many images were seen.

From version 0.2 on (10 major + minor >= 2) the images are 64 bit, before that 32 (`load_weights_upto` of Darknet's
parser.c). All is little-endian, as Darknet's machines are.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any, NamedTuple

from ...common.errors import FileError

VERSION = struct.Struct("<3i")
MOST = 1000
"""What major, minor and revision are below: from 1000 on Darknet itself takes a file for one of turned matrices."""
LONGEST = VERSION.size + 8


class Header(NamedTuple):
    """The version of a file, and how many images its network has seen in training."""

    major: int = 0
    minor: int = 2
    revision: int = 5
    seen: int = 0

    @property
    def wide(self) -> bool:
        """Whether the images are 64 bit."""
        return 10 * self.major + self.minor >= 2

    @property
    def size(self) -> int:
        """Bytes of the header."""
        return VERSION.size + (8 if self.wide else 4)

    def packed(self) -> bytes:
        """The bytes of the header; raises FileError for numbers that are those of no file."""
        version, bits = self[:3], 64 if self.wide else 32
        if not all(type(number) is int and 0 <= number < MOST for number in version):
            shown = ".".join(map(str, version))
            raise FileError(f"{shown[:60]} is no version of a .weights file of Darknet's, such as 0.2.5")
        if type(self.seen) is not int or not 0 <= self.seen < 1 << bits:
            raise FileError(f"{str(self.seen)[:60]} is no number of images in a .weights file, of {bits} bits there")
        return VERSION.pack(*version) + self.seen.to_bytes(bits // 8, "little")


def header_of(head: bytes) -> Header:
    """The header at the beginning of a file; raises FileError where these are no bytes of one."""
    if len(head) < VERSION.size + 4:
        raise FileError("its header is cut short: it has 16 or 20 bytes")
    version = Header(*VERSION.unpack_from(head))
    found = version._replace(seen=int.from_bytes(head[VERSION.size : version.size], "little"))
    found.packed()
    if len(head) < found.size:
        raise FileError(f"its header is cut short: that of version {found.major}.{found.minor} has {found.size} bytes")
    return found


def header_in(carried: Mapping[str, Any]) -> Header:
    """The header that another file carries for Darknet, else that of a network that has seen nothing."""
    said = carried.get("darknet", {})
    if not isinstance(said, dict) or not said.keys() <= set(Header._fields):
        raise FileError(f"what the source says of Darknet's header has no meaning: {str(said)[:80]}")
    return Header(**said)
