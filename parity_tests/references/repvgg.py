"""RepVGG; timm has no form with two groups."""

from __future__ import annotations

from . import Reference

NAMES = ("a0", "a1", "a2", "b0", "b1", "b1g4", "b2", "b2g4", "b3", "b3g4")
REFERENCES = (
    *(Reference(f"repvgg_{name}_train", "timm", f"repvgg_{name}") for name in NAMES),
    *(Reference(f"repvgg_{name}_deploy", "timm", f"repvgg_{name}", reparameterized=True) for name in NAMES),
)
