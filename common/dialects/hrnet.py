"""HRNet: timm shares our names of the classifiers, and has no network for key points."""

from __future__ import annotations

from ..dialect import same

WIDTHS = (18, 30, 32, 40, 44, 48, 64)
SMALL = {"hrnet_w18_small_v1_cls": "hrnet_w18_small", "hrnet_w18_small_v2_cls": "hrnet_w18_small_v2"}

DIALECTS = same("timm", **SMALL, **{f"hrnet_w{width}_cls": f"hrnet_w{width}" for width in WIDTHS})
