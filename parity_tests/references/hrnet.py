"""HRNet: the classifiers of timm, which are the authors' with the same names.

The authors' networks for key points are in no library; their counts are on the cards.
"""

from __future__ import annotations

from . import Reference

TIMM = {f"w{width}": f"hrnet_w{width}" for width in (18, 30, 32, 40, 44, 48, 64)}
TIMM |= {"w18_small_v1": "hrnet_w18_small", "w18_small_v2": "hrnet_w18_small_v2"}

REFERENCES = tuple(Reference(f"hrnet_{ours}_cls", "timm", theirs) for ours, theirs in TIMM.items())
