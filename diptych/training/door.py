"""The matched objects of a framework for a model: optimiser with schedule, loss, and how its normalisation trains."""

from __future__ import annotations

import importlib
from typing import Any, Literal

from .. import backends
from ..common.errors import DiptychError
from ..common.spec import Net
from ..common.training.losses import Loss, loss_of
from ..common.training.matched import Matched, MatchedLoss
from ..common.training.named import optimiser as described
from ..common.training.optimisers import Optimiser, spared
from ..common.training.setting import Variance
from ..common.training.state import State


def optimiser(rule: Optimiser | str, model: Any) -> Matched:
    """The optimiser of a rule for a torch module or a Keras model, whose trained weights it has.

    Patterns of `rule.exclude` are for the model's own names: those of `named_parameters`, or variables' paths.
    The answer has `optimiser`, `scheduler` (PyTorch's, to be stepped after the optimiser; None for a constant rate and
    in Keras) and `whose`, one line that says whether it is the framework's own class or a twin. Where gradients are
    accumulated, Keras's optimiser does it itself; in PyTorch step every `rule.accumulate` batches, each loss divided by
    it. The average of the weights is torch.optim.swa_utils.AveragedModel in PyTorch, `use_ema` in Keras.
    """
    found = described(rule)
    framework = backends.framework_of(model)
    if framework == "torch":
        weights = {name: p for name, p in model.named_parameters() if p.requires_grad}
    else:
        if not model.built:
            raise DiptychError(f"the Keras model {model.name} has no weights yet; call it once with a batch of images")
        weights = {variable.path: variable for variable in model.trainable_variables}
    if not weights:
        raise DiptychError("the model has no weight that is trained")
    left = spared(found, {name: tuple(value.shape) for name, value in weights.items()})
    kinds = {str(value.dtype).removeprefix("torch.") for value in weights.values()}
    made: Matched = of_framework(framework, "optimiser").optimiser(found, weights, left, "float64" in kinds)
    return made


def loss(description: Loss | str, framework: str, dtype: Literal["float32", "float64"] = "float32") -> MatchedLoss:
    """The matched loss for "torch", called with (outputs, targets), or for "keras", with (targets, outputs).

    Targets are class numbers, or numbers of the shape of the outputs; a Keras loss can be given to `compile`.
    """
    found: MatchedLoss = of_framework(backends.key_of(framework), "losses").loss(loss_of(description), dtype)
    return found


def state(optimizer: Any, model: Any, net: Net, scheduler: Any = None) -> State:
    """What an optimiser keeps of the weights of a model that diptych built of a network, under canonical names.

    PyTorch's SGD counts no steps: give its scheduler where the rate is not constant.
    """
    found: State = of_framework(backends.framework_of(model), "state").read_state(optimizer, model, net, scheduler)
    return found


def restore(state: State, optimizer: Any, model: Any, net: Net, scheduler: Any = None) -> None:
    """Give an optimiser of either framework a state, so that a run goes on there with the weights that it had.

    Raises DiptychError where the state is of another rule or of another network.
    """
    of_framework(backends.framework_of(model), "state").write_state(optimizer, model, net, state, scheduler)


def freeze_norms(model: Any) -> None:
    """Keep batch normalisation as in evaluation, its scale and shift untrained, in either framework.

    In PyTorch call it again after each `model.train()`.
    """
    of_framework(backends.framework_of(model), "norms").freeze_norms(model)


def match_variance(model: Any, variance: Variance) -> None:
    """Let batch normalisation write the "unbiased" or the "biased" variance to its running statistics, in both."""
    if variance not in ("own", "unbiased", "biased"):
        raise DiptychError(f'variance is "own", "unbiased" or "biased", got {variance!r}')
    of_framework(backends.framework_of(model), "norms").match_variance(model, variance)


def of_framework(framework: str, module: str) -> Any:
    """A module of the training room of a framework; raises DiptychError where the framework is not installed."""
    backends.get(framework)
    return importlib.import_module(f"..{backends.NAMES[framework]}.training.{module}", __package__)
