"""YOLOX: pixeltable-yolox shares our names; it has no Darknet-53."""

from __future__ import annotations

from . import Reference

SIZES = ("nano", "tiny", "s", "m", "l", "x")
REFERENCES = tuple(Reference(f"yolox_{size}", "yolox", f"yolox-{size}") for size in SIZES)
