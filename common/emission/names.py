"""Names of variables that take no name from a framework."""

from __future__ import annotations

MODULES = ("layers", "ops", "keras", "torch", "nn")
TAKEN = ("self", "level")
"""What methods call their block, and the number of the call."""


def safe(name: str) -> str:
    """A name for a variable, which is none of a framework's modules."""
    return f"{name}_" if name in (*MODULES, *TAKEN) else name
