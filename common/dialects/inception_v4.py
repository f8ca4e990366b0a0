"""Inception-v4: timm shares our names."""

from __future__ import annotations

from ..dialect import same

DIALECTS = same("timm", "inception_v4")
