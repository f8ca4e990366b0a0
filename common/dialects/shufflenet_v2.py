"""ShuffleNet V2: torchvision shares our names; the authors' own release is in no library."""

from __future__ import annotations

from ..dialect import same

DIALECTS = same("torchvision", *(f"shufflenet_v2_{width}" for width in ("x0_5", "x1_0", "x1_5", "x2_0")))
