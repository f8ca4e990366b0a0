"""Schedules in PyTorch: LambdaLR, its own, with the rate of `common.training.rates`."""

from __future__ import annotations

from dataclasses import dataclass

from ...common.training.rates import Schedule


@dataclass(frozen=True)
class Rate:
    """What LambdaLR multiplies the rate of the optimiser with, which is that of the schedule."""

    schedule: Schedule

    def __call__(self, step: int) -> float:
        return self.schedule.at(step) / self.schedule.rate
