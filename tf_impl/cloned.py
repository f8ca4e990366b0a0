"""A Keras model made again out of what it is, not of what its config says, in another dtype.

A class of somebody's own often says no config, or not all that it was made with: a copy by such a config is another
model. Here every object of the model is made again, through lists, attributes and closures, with weights in the other
dtype; only what holds no layer and no weight, such as a function, is shared. It is Python's pickle, which knows how to
walk through objects that hold each other, without bytes of arrays.
"""

from __future__ import annotations

import io
import pickle
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import BuiltinFunctionType, CellType, FunctionType, MappingProxyType, ModuleType
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.src.saving.keras_saveable import KerasSaveable
from keras.src.utils import tracking

from .settings import copied

DEPTH, STACK = 200_000, 512 << 20
"""A graph of a hundred layers is a chain of objects, each inside the one before."""
SHARED = (type, ModuleType, BuiltinFunctionType, MappingProxyType, np.ndarray, np.generic, keras.optimizers.Optimizer)
"""What holds no weights of the model."""
HOMES = ("_thread", "_weakref", "inspect", "tensorflow", "threading", "weakref")
"""Where the classes are whose objects are shared."""
LEFT = ("_obj_reference_counts_dict", "build", "call", "quantize")
"""Attributes of an instance that Keras makes anew, and patches, which no copy has."""
WRAPPED = (tracking.TrackedList, tracking.TrackedDict, tracking.TrackedOrderedDict, tracking.TrackedSet)
DRAWING = {"bernoulli", "categorical", "normal", "random", "random_normal", "random_uniform", "shuffle", "uniform"}
"""What functions are called that draw random numbers."""
PRIMITIVE = (bool, bytes, complex, float, int, str, type(None))


def remade(model: keras.Model, dtype: str) -> keras.Model:
    """A copy in another dtype with the same weights: of Keras's own layers by their configs, of others as they are.

    Raises what its layers raise.
    """
    if any(map(is_own, [model, *model._flatten_layers()])):
        try:
            return cloned(model, dtype)
        except Exception:  # noqa: BLE001, S110 - whatever an object raises that cannot be made again but by a config
            pass
    copy = copied(model, dtype)
    for variable, own in zip(copy.weights, model.weights, strict=True):
        variable.assign(np.array(own))
    return copy


@contextmanager
def counting_in(dtype: str) -> Iterator[None]:
    """With random numbers and constants of Keras in the dtype of a copy, where code names none."""
    before = keras.config.floatx()
    keras.config.set_floatx(dtype if dtype == "float64" else before)
    try:
        yield
    finally:
        keras.config.set_floatx(before)


def is_own(layer: Any) -> bool:
    """Whether a layer is of a class that is not Keras's."""
    return type(layer).__module__.partition(".")[0] != "keras" or isinstance(layer, keras.layers.Lambda)


def draws(model: keras.Model) -> bool:
    """Whether code of somebody's own may draw random numbers of TensorFlow, whose state is not seen."""
    codes = (getattr(type(layer).call, "__code__", None) for layer in model._flatten_layers() if is_own(layer))
    return any(code is not None and DRAWING & set(code.co_names) for code in codes)


def cloned(model: keras.Model, dtype: str) -> keras.Model:
    """The model in another dtype policy, with its weights; raises what its objects raise that cannot be made again."""
    found: list[Any] = []

    def run() -> None:
        try:
            found.append(_Walk(keras.DTypePolicy(dtype)).again(model))
        except Exception as error:  # noqa: BLE001 - handed over to the caller's thread
            found.append(error)

    depth, stack = sys.getrecursionlimit(), threading.stack_size(STACK)
    try:
        sys.setrecursionlimit(DEPTH)
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    finally:
        sys.setrecursionlimit(depth)
        threading.stack_size(stack)
    if isinstance(found[0], Exception):
        raise found[0]
    copy: keras.Model = found[0]
    return copy


class _Walk:
    """One walk through a model: what was made for each of its objects."""

    def __init__(self, policy: Any) -> None:
        self.policy, self.tensor = policy, policy.compute_dtype if policy.name == policy.compute_dtype else "float32"
        self.kept: list[Any] = []  # so that no id is given twice
        self.made: dict[int, Any] = {}

    def again(self, model: Any) -> Any:
        file = io.BytesIO()
        pickler = _Pickler(file, self)
        pickler.dump(model)
        loader = _Loader(io.BytesIO(file.getvalue()), self)
        return loader.load()

    def token(self, thing: Any, make: Callable[[], Any]) -> int:
        """A number for what takes the place of an object, which is made once."""
        if id(thing) not in self.made:
            self.kept.append(thing)
            self.made[id(thing)] = make()
        return id(thing)

    def variable(self, old: Any) -> Any:
        """A variable of Keras in the other dtype, of the same name and path."""
        kind = self.policy.variable_dtype if "float" in str(old.dtype) else old.dtype
        new = keras.Variable(np.array(old), dtype=kind, trainable=old.trainable, autocast=old._autocast, name=old.name)
        for name in ("_path", "_regularizer", "_constraint", "_overwrite_with_gradient"):
            setattr(new, name, getattr(old, name))
        return new

    def plain(self, old: Any) -> Any:
        """A tensor or a variable of TensorFlow, fractions in the other dtype."""
        kind = self.policy.variable_dtype if old.dtype.is_floating else old.dtype
        if isinstance(old, tf.Variable):
            return tf.Variable(np.array(old), dtype=kind, trainable=old.trainable, name=old.name.split(":")[0])
        return tf.cast(old, kind)


class _Whole:
    """What is handed over as it is."""

    def __init__(self, thing: Any) -> None:
        self.thing = thing


class _Pickler(pickle.Pickler):
    """Walks through all objects; those that need no walk are handed to the loader by a number."""

    def __init__(self, file: Any, walk: _Walk) -> None:
        super().__init__(file, protocol=5)
        self.walk = walk

    def persistent_id(self, obj: Any) -> int | None:
        if isinstance(obj, PRIMITIVE):
            return None
        if isinstance(obj, _Whole):
            return self.walk.token(obj, lambda: obj.thing)
        if isinstance(obj, keras.Variable):
            return self.walk.token(obj, lambda: self.walk.variable(obj))
        if isinstance(obj, tf.Variable) or (tf.is_tensor(obj) and hasattr(obj, "numpy")):
            return self.walk.token(obj, lambda: self.walk.plain(obj))
        if isinstance(obj, keras.DTypePolicy):
            return self.walk.token(obj, lambda: self.walk.policy if "float" in obj.compute_dtype else obj)
        if _is_wrapped(obj):
            return None
        alone = isinstance(obj, FunctionType) and not _holds(obj, set())
        if alone or isinstance(obj, SHARED) or type(obj).__module__.partition(".")[0] in HOMES:
            return self.walk.token(obj, lambda: obj)
        return None

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, FunctionType):
            cells = [cell.cell_contents for cell in obj.__closure__ or ()]
            return (
                _function,
                (_Whole(obj), len(cells)),
                (cells, obj.__defaults__, obj.__kwdefaults__),
                None,
                None,
                _filled,
            )
        if _is_wrapped(obj):
            return _plain(obj)
        if isinstance(obj, WRAPPED):
            items = list(obj.items()) if isinstance(obj, dict) else list(obj)
            return _empty, (type(obj),), (items, vars(obj)), None, None, _refilled
        if isinstance(obj, keras.KerasTensor):
            kind = self.walk.tensor if "float" in str(obj.dtype) else obj.dtype
            return _bare, (type(obj),), {**vars(obj), "_dtype": kind}, None, None, _set
        if isinstance(obj, tracking.Tracker):
            return _bare, (type(obj),), vars(obj), None, None, _tracked
        if isinstance(obj, KerasSaveable | tf.__internal__.tracking.AutoTrackable):
            left = {name: value for name, value in vars(obj).items()
                    if not (name.startswith("_self_") or (name in LEFT and isinstance(obj, keras.Layer)))}  # fmt: skip
            if isinstance(obj, keras.layers.InputLayer) and "float" in left["_dtype"]:
                left["_dtype"] = self.walk.tensor  # to which a chain rounds what it is given
            return _bare, (type(obj),), left, None, None, _set
        return NotImplemented


class _Loader(pickle.Unpickler):
    """Puts the objects together again; it reads what was walked through just before, and nothing else."""

    def __init__(self, file: Any, walk: _Walk) -> None:
        super().__init__(file)
        self.walk = walk

    def persistent_load(self, pid: Any) -> Any:
        return self.walk.made[pid]


def _holds(value: Any, known: set[int]) -> bool:
    """Whether a function, or what it closes over, has a layer or a weight."""
    if isinstance(value, keras.Layer | keras.Variable | tf.Variable):
        return True
    if id(value) in known or isinstance(value, PRIMITIVE):
        return False
    known.add(id(value))
    if isinstance(value, FunctionType):
        inside: Any = [_content(cell) for cell in value.__closure__ or ()] + list(value.__defaults__ or ())
        return any(_holds(item, known) for item in [*inside, *(value.__kwdefaults__ or {}).values()])
    if isinstance(value, dict):
        return any(_holds(item, known) for item in value.values())
    if isinstance(value, list | tuple | set):
        return any(_holds(item, known) for item in value)
    own = {} if isinstance(value, type | ModuleType) else getattr(value, "__dict__", {})
    return any(_holds(item, known) for item in [getattr(value, "__self__", None), *own.values()])


def _is_wrapped(value: Any) -> bool:
    """Whether a list, dict or tuple is one that TensorFlow watches."""
    return isinstance(value, list | dict | tuple) and type(value).__module__.startswith("tensorflow.")


def _plain(value: Any) -> Any:
    """How a list, dict or tuple is made again as a plain one."""
    if isinstance(value, dict):
        return dict, (), None, None, iter(list(value.items()))
    return (list, (), None, iter(list(value))) if isinstance(value, list) else (tuple, (list(value),))


def _content(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # an empty one
        return None


def _bare(kind: type[Any]) -> Any:
    made: Any = keras.Layer.__new__(kind) if issubclass(kind, keras.Layer) else object.__new__(kind)
    return made


def _set(thing: Any, state: dict[str, Any]) -> None:
    vars(thing).update(state)


def _tracked(tracker: Any, state: dict[str, Any]) -> None:
    vars(tracker).update(state)
    tracker.stored_ids = {name: {id(item) for item in store} for name, (_, store) in tracker.config.items()}


def _empty(kind: Any) -> Any:
    return kind.__new__(kind)


def _refilled(thing: Any, state: Any) -> None:
    items, own = state
    vars(thing).update(own)
    fill: Any = {dict: dict.update, list: list.extend, set: set.update}
    next(way for base, way in fill.items() if isinstance(thing, base))(thing, items)


def _function(old: FunctionType, count: int) -> FunctionType:
    cells = tuple(CellType() for _ in range(count))
    made = FunctionType(old.__code__, old.__globals__, old.__name__, None, cells)
    made.__qualname__, made.__module__, made.__dict__ = old.__qualname__, old.__module__, dict(vars(old))
    return made


def _filled(made: FunctionType, state: Any) -> None:
    contents, made.__defaults__, made.__kwdefaults__ = state
    for cell, content in zip(made.__closure__ or (), contents, strict=True):
        cell.cell_contents = content
