"""Differentiable search as data: a space of candidates, what each costs, the loss, the draws and the temperature."""
