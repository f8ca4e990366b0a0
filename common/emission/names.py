"""Names of classes, and of variables that take no name from a framework."""

from __future__ import annotations

MODULES = ("layers", "ops", "keras", "torch", "nn")
TAKEN = ("self", "level")
"""What methods call their block, and the number of the call."""


def safe(name: str) -> str:
    """A name for a variable, which is none of a framework's modules."""
    return f"{name}_" if name in (*MODULES, *TAKEN) else name


def camel(name: str) -> str:
    """A class name from a function name or a title.

    >>> camel("basic_block"), camel("ResNet-50")
    ('BasicBlock', 'ResNet50')
    """
    words = "".join(c if c.isalnum() else " " for c in name).split()
    return "".join(word[:1].upper() + word[1:] for word in words)
