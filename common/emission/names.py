"""Names of classes, and of variables that take no name from a framework."""

from __future__ import annotations

import keyword
import unicodedata

from ..child_names import word_fault
from ..errors import SpecError
from ..text import printable

MODULES = ("layers", "ops", "keras", "torch", "nn")
BASES = ("Sequential",)
"""What Keras's files import under a name that a class could have."""
RESERVED = (*MODULES, *BASES, "self", "super", "range")
"""What constructors use themselves, so that no number may come into them under such a name."""
TAKEN = ("self", "level")
"""What methods call their block, and the number of the call."""
LONGEST = 100
"""The characters of a title that a class is called after."""


def safe(name: str) -> str:
    """A name for a variable, which is none of a framework's modules."""
    return f"{name}_" if name in (*MODULES, *TAKEN) else name


def word(name: str) -> str:
    """A name as it stands in source; raises SpecError for what is no name there.

    >>> word("x"), word("torch.Tensor"), word("__init__")
    ('x', 'torch.Tensor', '__init__')
    """
    for part in name.split("."):
        if part not in ("None", "__init__") and (why := word_fault(part)):
            raise SpecError(f"{printable(name, 100)!r} cannot stand as a name in source: {why}; rename it")
    return name


def camel(name: str) -> str:
    """A class name from a function name or a title; what no name can hold parts its words.

    >>> camel("basic_block"), camel("ResNet-50"), camel("3-D net (x\u00b2)"), camel("none")
    ('BasicBlock', 'ResNet50', 'Net3DNetX2', 'NoneBlock')
    """
    plain = unicodedata.normalize("NFKC", name[:LONGEST])
    words = "".join(c if c.isalnum() and f"a{c}".isidentifier() else " " for c in plain).split()
    found = "".join(word[:1].upper() + word[1:] for word in words)
    if not found.isidentifier():
        found = f"Net{found}"
    return f"{found}Block" if keyword.iskeyword(found) or found in BASES else found
