"""The images that somebody gives as an example are compared, too."""

from __future__ import annotations

import numpy as np
import torch
from their_pairs import Plain, made, plain_keras

from diptych import compare


def test_the_images_of_an_example_are_compared_too() -> None:
    """A cap that no random image reaches, and somebody's own does."""
    module, model, shape = made(Plain(), plain_keras())
    own = module.forward
    module.forward = lambda x: own(x.clamp(max=5000.0))
    report = compare(module, model, example=shape)
    assert report.verdict == "same", str(report)
    assert "clamp of PyTorch changed nothing in the images that were tried" in str(report)
    photo = np.full((2, *shape[1:]), 6000.0)
    photo[0] += np.arange(photo[0].size).reshape(photo[0].shape)
    for example in (photo, torch.tensor(photo)):
        report = compare(module, model, example=example)
        assert report.verdict == "different", str(report)
        assert "the example 3x16x12 batch 2" in report.gate("outputs").where
