"""RepVGG: timm shares our names, also of what its reparameterize_model leaves; it has no form with two groups."""

from __future__ import annotations

from ..dialect import same

NAMES = ("a0", "a1", "a2", "b0", "b1", "b1g4", "b2", "b2g4", "b3", "b3g4")

DIALECTS = (
    *same("timm", **{f"repvgg_{name}_train": f"repvgg_{name}" for name in NAMES}),
    *same("timm", **{f"repvgg_{name}_deploy": f"repvgg_{name}" for name in NAMES}),
)
