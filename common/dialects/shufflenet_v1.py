"""ShuffleNet: pytorchcv shares our names."""

from __future__ import annotations

from ..dialect import same

DIALECTS = same("pytorchcv", **{f"shufflenet_v1_g{groups}": f"shufflenet_g{groups}_w1" for groups in (1, 2, 3, 4, 8)})
