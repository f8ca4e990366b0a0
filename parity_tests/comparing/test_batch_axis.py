"""An answer that loses its batch axis for one image is another answer, though it has as many numbers."""

from __future__ import annotations

import torch
from torch import Tensor, nn

import diptych


class Squeezed(nn.Module):
    """A small classifier whose map of one pixel is squeezed, with the batch of one image."""

    def __init__(self, axes: tuple[int, ...] | None) -> None:
        super().__init__()
        self.conv, self.axes = nn.Conv2d(3, 4, 3), axes
        self.fc = nn.Linear(4, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x).mean((2, 3), keepdim=True)
        found: Tensor = self.fc(x.squeeze() if self.axes is None else x.squeeze(self.axes))
        return found


def test_a_squeeze_of_the_batch_is_found() -> None:
    torch.manual_seed(0)
    right, wrong = Squeezed((2, 3)), Squeezed(None)
    wrong.load_state_dict(right.state_dict())
    report = diptych.compare(wrong, right, example=(1, 3, 8, 7))
    assert report.verdict == "different", str(report)
    assert "batch 1" in report.gate("outputs").where
    assert diptych.compare(right, right, example=(1, 3, 8, 7)).verdict == "same"
