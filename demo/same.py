"""Check both networks in float64 with the weights of a checkpoint: python -m demo.same NETWORK CHECKPOINT.pth."""

from __future__ import annotations

import sys

import torch

import diptych

from .steps import expect


def main(network: str, checkpoint: str) -> None:
    """Build both with the trained weights, compare them, and print every gate."""
    net = diptych.spec(network)
    weights = {name: tensor.numpy() for name, tensor in torch.load(checkpoint, weights_only=True).items()}
    in_torch, in_keras = (diptych.build(net, side, weights=weights, dtype="float64") for side in ("torch", "tf"))
    report = diptych.check(net, models=(in_torch, in_keras))
    for gate in report.gates:
        bound = f" of at most {gate.tolerance:.0e} allowed" if gate.tolerance else ""
        figures = f"{gate.measured or 0:.1e}{bound}, {gate.compared} compared" if gate.compared else gate.detail
        expect(gate.passed is True, f"{gate.name}: {figures}")
    expect(report.passed, "with the trained weights, both networks are the same function in float64")


if __name__ == "__main__":
    main(*sys.argv[1:])
