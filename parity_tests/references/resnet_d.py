"""ResNet-D."""

from __future__ import annotations

from . import Reference

REFERENCES = (
    *(Reference(f"resnet{depth}d", "timm", f"resnet{depth}d") for depth in (18, 26, 34, 50, 101, 152)),
    *(
        Reference(name, "timm", name, {"output_stride": stride}, options={"output_stride": stride})
        for name, stride in (("resnet18d", 8), ("resnet26d", 16))
    ),
)
