"""The picture: digits, what both frameworks make of them, and the difference."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from .steps import Array

TORCH, KERAS, GAP = "#c8452b", "#2b6ac8", "#444444"
SHOWN = 8


def draw(file: Path, images: Array, labels: Array, torch_chances: Array, keras_chances: Array) -> None:
    """Write the digits that the network is least sure of, with both sets of probabilities and their difference."""
    hardest = np.argsort(torch_chances.max(axis=1))[:SHOWN]
    gaps = torch_chances - keras_chances
    figure = Figure(figsize=(18, 7.4), layout="constrained")
    axes = figure.subplots(3, SHOWN, sharey="row", height_ratios=(1.1, 1.2, 1))
    classes = np.arange(torch_chances.shape[1])
    for column, index in enumerate(hardest):
        top, middle, bottom = axes[:, column]
        top.imshow(images[index], cmap="gray_r", interpolation="nearest")
        top.set(xticks=[], yticks=[])
        top.set_title(f"a {labels[index]}, read as {torch_chances[index].argmax()}", fontsize=13)
        middle.bar(classes - 0.2, torch_chances[index], 0.4, color=TORCH, label="PyTorch")
        middle.bar(classes + 0.2, keras_chances[index], 0.4, color=KERAS, label="Keras")
        bottom.axhline(0, color="#bbbbbb", linewidth=0.8)
        bottom.bar(classes, gaps[index] * 1e7, 0.6, color=GAP)
        for axis in (middle, bottom):
            axis.set_xticks(classes)
            axis.spines[["top", "right"]].set_visible(False)
        bottom.set_xlabel("digit")
    axes[1, 0].set_ylabel("probability", fontsize=12)
    axes[1, 0].set_ylim(0, 1)
    axes[1, 0].legend(frameon=False, loc="upper left", fontsize=11)
    axes[2, 0].set_ylabel("difference, in 1e-7", fontsize=12)
    largest = f"no probability of any of the {len(labels)} differs by more than {np.abs(gaps).max():.1e} (float32)"
    title = f"LeNet-5 trained in PyTorch and converted to Keras: the {SHOWN} held-out digits it is least sure of"
    figure.suptitle(f"{title};\n{largest}", fontsize=15)
    figure.savefig(file, dpi=100)
