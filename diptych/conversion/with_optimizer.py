"""An optimiser that goes over with the weights, so that a run begun in one framework goes on in the other.

A torch checkpoint says the settings of its optimiser, and what it keeps of each parameter by a number: parameters are
numbered in the order of the module, as its state dict has them. A .keras file has the optimiser's class and config, and
its variables in an order that Keras itself gives. What is kept goes over bit for bit, but for a velocity, in which
Keras has the rate as a factor: that is one rounding. The rule itself may be another in the other framework; what would
change more than where eps stands is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from .. import backends
from ..common.dialect import OWN
from ..common.errors import DiptychError
from ..common.layouts import to_canonical
from ..common.spec import Array, Net
from ..common.text import first_few
from ..common.training.matched import FRAMEWORKS, lacking
from ..common.training.optimisers import SGD, Adagrad, Adam, Optimiser, RMSprop
from ..common.training.state import State, scaled
from ..files import keras_optimizer, read, source_format, torch_optimizer
from ..files.axes import stored_shape
from ..files.content import Content
from ..files.format import Format
from .identify import Identified, identified
from .prefixes import part_of

Framework = Literal["torch", "tf"]
FORMATS = ("torch", "keras")
SLOTS = {"momentum_buffer": "velocity", "exp_avg": "mean", "exp_avg_sq": "square", "max_exp_avg_sq": "largest",
         "square_avg": "square", "grad_avg": "mean", "sum": "sum"}  # fmt: skip
WHERE = {"corrected": "beside the corrected root", "uncorrected": "beside the uncorrected root",
         "inside": "inside the root", "outside": "beside the root"}  # fmt: skip
NEXT = "Keras's file has no loss: model.compile(optimizer=model.optimizer, loss=...), and go on"
TRAINED = "trainable"
CLASSES = ("SGD", "Adam", "AdamW", "RMSprop", "Adagrad")


@dataclass(frozen=True)
class Training:
    """An optimiser of the framework that is written: its rule, what it keeps, and whose parameters, in their order."""

    net: Net
    rule: Optimiser
    state: State
    trained: tuple[str, ...]

    def compile(self, model: Any) -> None:
        """Give a Keras model that is about to be saved the optimiser."""
        from ..tf_impl.state import variables
        from ..tf_impl.training.optimiser import optimiser
        from ..tf_impl.training.state import write_state

        named = {name: variable for name, weight, variable, _ in variables(model, self.net) if weight.kind == TRAINED}
        order = {variable.path: name for name, variable in named.items()}
        made = optimiser(self.rule, {order[v.path]: v for v in model.trainable_variables if v.path in order}).optimiser
        write_state(made, model, self.net, self.state)
        model.compile(optimizer=made)

    def beside(self, state_dict: Any) -> dict[str, Any]:
        """What a torch checkpoint holds: a state dict, and that of the optimiser."""
        from ..torch_impl.training.optimiser import optimiser
        from ..torch_impl.training.state import write_state

        backend = backends.get("torch")
        kind = next((str(a.dtype) for slot in self.state.slots.values() for a in slot.values()), "float32")
        module = backend.build(self.net, None, kind)
        parameters = dict(module.named_parameters())
        made = optimiser(self.rule, {name: parameters[name] for name in self.trained}).optimiser
        write_state(made, module, self.net, self.state)
        return {"state_dict": state_dict, "optimizer": made.state_dict()}


def with_training(
    source: Path, network: str | None, options: Mapping[str, Any], prefix: str, content: Content, known: Format
) -> tuple[Content, str]:
    """(what is to be written, with the optimiser of a source; a note); raises DiptychError where it cannot go over.

    The source is read again, as it was identified before.
    """
    raw = part_of(read(source), prefix)
    found = identified(raw, network, options)
    _check(source, found, content, known)
    here: Framework = source_format(source).framework
    there: Framework = known.framework
    rule, state = (_of_torch if here == "torch" else _of_keras)(source, found, raw)
    meant = _rule_of(rule, there)
    missing = lacking(meant, there)
    if missing:
        raise DiptychError(
            f"{source}: its optimizer cannot go on in {FRAMEWORKS[there]}, which has none with {', '.join(missing)}; "
            "leave out --with-optimizer, or go on with diptych.training.optimiser and diptych.training.restore"
        )
    names = [name for name in content.arrays if content.net.weights[name].kind == TRAINED]
    training = Training(content.net, meant, state, tuple(names))
    return replace(content, training=training), _note(rule, meant, state, there)


def _check(source: Path, found: Identified, content: Content, known: Format) -> None:
    read_as = source_format(source)
    if read_as.name not in FORMATS or known.name not in FORMATS or read_as.framework == known.framework:
        raise DiptychError(
            f"--with-optimizer is from a torch checkpoint to .keras or back, not from {read_as.name} to {known.name}"
        )
    if content.net.nodes != found.net.nodes:
        raise DiptychError("--with-optimizer keeps the network as it is; leave out --form")
    if known.framework == "torch" and len(content.net.outputs) > len(content.net.evaluated_outputs):
        raise DiptychError(
            f"--with-optimizer: torch numbers the parameters of {content.net.name} in another order, which has heads "
            "for training alone; leave it out"
        )
    if known.framework == "tf" and content.dialect.library != OWN:
        raise DiptychError(f"--with-optimizer writes a .keras file in diptych's names; leave out --to "
                           f"{content.dialect.library}")  # fmt: skip


def _of_torch(source: Path, found: Identified, raw: Any) -> tuple[Optimiser, State]:
    kept = torch_optimizer.read(source)
    group = kept.groups[0]
    names = _trained_in(raw, found)
    numbers = group.get("params")
    if len(kept.groups) > 1 or not isinstance(numbers, list) or len(numbers) != len(names):
        has = f"{len(kept.groups)} groups" if len(kept.groups) > 1 else f"{len(numbers or ())} parameters"
        raise DiptychError(
            f"{source}: its optimizer has {has}, and the network one of {len(names)} that are trained, so that the "
            "file does not tell which parameter is which; make the optimizer of model.parameters() alone"
        )
    rule = _torch_rule(source, group)
    slots: dict[str, dict[str, Array]] = {}
    steps = [0]
    for number, name in zip(numbers, names, strict=True):
        for key, value in kept.state.get(number, {}).items():
            if key == "step":
                steps.append(int(np.asarray(value).item()))
            elif SLOTS.get(key) in rule.kept and isinstance(value, np.ndarray):
                slots.setdefault(SLOTS[key], {})[name] = value
    return rule, _checked(source, found.net, State(max(steps), slots))


def _trained_in(raw: Any, found: Identified) -> list[str]:
    """The canonical names of the parameters of a torch file, in its order: arrays are the same memory in both."""
    own = {_place(array): name for name, array in found.checkpoint.named(found.net).items()}
    names = [own.get(_place(array)) for array in raw.arrays.values()]
    return [name for name in names if name is not None and found.net.weights[name].kind == TRAINED]


def _place(array: Array) -> tuple[int, int]:
    return int(array.__array_interface__["data"][0]), array.size


def _torch_rule(source: Path, group: Mapping[str, Any]) -> Optimiser:
    """The rule of a group of torch.optim's; which class it is its settings tell."""
    shared: dict[str, Any] = {"rate": float(group["lr"]), "weight_decay": float(group.get("weight_decay") or 0.0)}
    if group.get("maximize"):
        raise DiptychError(f"{source}: its optimizer maximises, which no optimiser of Keras does")
    if "dampening" in group:
        more = {"momentum": group["momentum"], "dampening": group["dampening"], "nesterov": bool(group["nesterov"])}
        return SGD(**more, **shared)
    if "betas" in group and "amsgrad" in group:
        if shared["weight_decay"] and "decoupled_weight_decay" not in group:
            raise DiptychError(f"{source}: this version of torch does not say whether its optimizer is Adam or AdamW; "
                               "set weight_decay to 0, or save it with torch 2.7 or later")  # fmt: skip
        decay: Any = "decoupled" if group.get("decoupled_weight_decay") else "coupled"
        (beta1, beta2), eps = group["betas"], group["eps"]
        return Adam(beta1=beta1, beta2=beta2, eps=eps, amsgrad=bool(group["amsgrad"]), decay=decay, **shared)
    if "alpha" in group and "centered" in group:
        own = {"rho": group["alpha"], "eps": group["eps"], "momentum": float(group["momentum"])}
        return RMSprop(centered=bool(group["centered"]), **own, **shared)
    if "initial_accumulator_value" in group:
        first, fall = float(group["initial_accumulator_value"]), float(group["lr_decay"])
        return Adagrad(first=first, eps=group["eps"], rate_decay=fall, **shared)
    raise DiptychError(f"{source}: its optimizer is none of {', '.join(CLASSES)} of torch.optim (its settings are "
                       f"{first_few(sorted(map(str, group)), 8)})")  # fmt: skip


def _of_keras(source: Path, found: Identified, raw: Any) -> tuple[Optimiser, State]:
    import keras

    from ..tf_impl.slots import slots_of
    from ..tf_impl.training.known import kept_rule
    from ..tf_impl.training.state import SLOTS as PLACES

    kept = keras_optimizer.read(source)
    if kept.name not in CLASSES:
        raise DiptychError(f"{source}: its optimizer is {kept.name}, and none of {', '.join(CLASSES)} of Keras")
    if isinstance(kept.config.get("learning_rate"), dict):
        raise DiptychError(f"{source}: the rate of its optimizer is a schedule, which is not converted; set a number")
    made = getattr(keras.optimizers, kept.name).from_config(dict(kept.config))
    slots = slots_of(found.net)
    layers = found.checkpoint.config or slots
    order = [slot for layer in layers for slot in slots.get(layer, ()) if slot[1].kind == TRAINED]
    dtype = str(kept.arrays[-1].dtype) if len(kept.arrays) > 2 else "float32"
    made.build([keras.Variable(np.zeros(stored_shape(weight, axes), dtype), dtype=dtype) for _, weight, axes in order])
    if [tuple(v.shape) for v in made.variables] != [array.shape for array in kept.arrays]:
        raise DiptychError(f"{source}: its optimizer has other variables than {kept.name} of this version of Keras has "
                           "for the weights that are trained; freeze none, and save it with this version")  # fmt: skip
    for variable, array in zip(made.variables, kept.arrays, strict=True):
        variable.assign(array)
    made.learning_rate = float(kept.arrays[1])
    rule = kept_rule(made)
    if rule is None:
        raise DiptychError(f"{source}: its optimizer is not known")
    step, held = int(made.iterations), dict[str, dict[str, Array]]()
    for slot in rule.kept:
        factor = scaled(rule, step) if slot == "velocity" else 1.0
        own = getattr(made, PLACES[type(rule).__name__][slot])
        held[slot] = {name: to_canonical(np.asarray(v), weight, axes) / factor
                      for (name, weight, axes), v in zip(order, own, strict=True)}  # fmt: skip
    return rule, _checked(source, found.net, State(step, held))


def _checked(source: Path, net: Net, state: State) -> State:
    """The state, whose arrays have the canonical shapes; raises DiptychError for one that does not fit."""
    for slot, kept in state.slots.items():
        for name, array in kept.items():
            if array.size != net.weights[name].count or not np.isfinite(array).all():
                raise DiptychError(
                    f"{source}: what its optimizer keeps of {name} ({slot}, {array.shape}) does not fit the weight, or "
                    "is not finite"
                )
    shapes = {name: tuple(map(int, weight.shape)) for name, weight in net.weights.items()}
    return State(state.step, {slot: {name: array.reshape(shapes[name]) for name, array in kept.items()}
                              for slot, kept in state.slots.items()})  # fmt: skip


def _rule_of(rule: Optimiser, there: Framework) -> Optimiser:
    """The rule in the words of the other framework: a constant rate may stand in either place.

    An eps that stood beside a root is squared inside one.
    """
    keras = there == "tf"
    if isinstance(rule, Adam):
        return replace(rule, eps_at="uncorrected" if keras else "corrected")
    if isinstance(rule, SGD):
        return replace(rule, velocity="inside" if keras else "outside")
    assert isinstance(rule, (RMSprop, Adagrad))  # noqa: S101 - both readers give no other
    found = replace(rule, eps_at="inside" if keras else "outside", eps=rule.eps**2 if keras else rule.eps**0.5)
    return replace(found, velocity="inside" if keras else "outside") if isinstance(found, RMSprop) else found


def _note(rule: Optimiser, meant: Optimiser, state: State, there: Framework) -> str:
    """What was done with the optimiser, and what another run will see of it."""
    kept = ", ".join(meant.kept) or "nothing"
    said = [f"the optimizer ({type(rule).__name__}, rate {rule.schedule.rate:g}, {state.step or 'no count of'} steps) "
            f"went over: {kept} of {len(next(iter(state.slots.values()), ()))} weights"]  # fmt: skip
    if "velocity" in meant.kept:
        said.append("a velocity has the rate as a factor in Keras, so that it is rounded once")
    if getattr(rule, "eps", 0) and getattr(rule, "eps_at", "") != getattr(meant, "eps_at", ""):
        said.append(
            f"{FRAMEWORKS[there]} has eps {WHERE[meant.eps_at]}, so that it goes on a little otherwise: "  # type: ignore[attr-defined]
            f"{meant.eps:g} for {rule.eps:g}; diptych.training.optimiser keeps the rule"  # type: ignore[attr-defined]
        )
    if left := [word for word, has in (("clipping", rule.clip), ("accumulation", rule.accumulate > 1),
                                       ("average of the weights", rule.average is not None)) if has]:  # fmt: skip
        said.append(f"its {' and '.join(left)} is no part of a torch optimizer: a loop of PyTorch does that")
    return "; ".join([*said, *([NEXT] if there == "tf" else [])])


def check_training(staged: Path, content: Content) -> None:
    """Raise DiptychError unless a file that was written has what the optimiser keeps, bit for bit.

    A velocity that Keras has with its rate is held to its rounding.
    """
    training = content.training
    if training is None:
        return
    raw = read(staged)
    found = identified(raw, content.net.name, dict(content.net.options))
    back = (_of_torch if source_format(staged).framework == "torch" else _of_keras)(staged, found, raw)[1]
    for slot, kept in training.state.slots.items():
        for name, array in kept.items():
            other = back.slots.get(slot, {}).get(name)
            near = 4 * np.finfo(array.dtype).eps if slot == "velocity" else 0.0
            if other is None or not bool((np.abs(other - array) <= near * np.abs(array)).all()):
                raise DiptychError(
                    f"the optimizer was not written: read back, {slot} of {name} differs; please report it"
                )
