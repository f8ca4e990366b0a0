"""Memory for large arrays."""

from __future__ import annotations

import math
import os

import numpy as np
from numpy.typing import DTypeLike

from .spec import Array, Shape


def machine() -> int:
    """The bytes of memory of this machine; a terabyte where it does not say."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return 1 << 40


def empty(shape: Shape, dtype: DTypeLike = np.float32) -> Array:
    """An array to be filled, in ordinary pages.

    NumPy's own are in huge ones, which a virtual machine that lends its free memory to the host has to get back first:
    200 MB took it 1.5 to 7 seconds, where these take 0.2.
    """
    wanted = np.dtype(dtype)
    array: Array = np.frombuffer(bytearray(math.prod(shape) * wanted.itemsize), wanted).reshape(shape)
    return array
