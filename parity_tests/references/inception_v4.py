"""Inception-v4."""

from __future__ import annotations

from . import Reference

REFERENCES = (Reference("inception_v4", "timm", "inception_v4"),)
