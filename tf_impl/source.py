"""The emitted Keras file of a network: it needs keras alone.

Pads stay explicit where the stride is a parameter (`padded(1, layers.Conv2D(..., strides=stride))`), although at
stride 1 they would be "same": the class serves both. `self.output` is `self.output_`, since Keras models have an
attribute of that name already.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..common.emission.expressions import Lambda, Star, filled, list_of
from ..common.emission.language import Language
from ..common.emission.program import Assign, Do, Method, Parameter
from ..common.emission.source import Source, emit
from ..common.lowering import Attribute, Function, Item, Make, Name
from ..common.spec import Net
from .ops import lower_symbolic

ATTRIBUTES = """
    activity_regularizer add add_loss add_metric add_variable add_weight autocast build build_from_config built call
    call_signature_parameters compile compile_from_config compiled compiled_loss compiled_metrics compute_dtype
    compute_loss compute_mask compute_metrics compute_output_shape compute_output_spec count_params
    distribute_reduction_method distribute_strategy dtype dtype_policy evaluate export fit from_config
    get_build_config get_compile_config get_config get_layer get_metrics_result get_quantization_layer_structure
    get_state_tree get_weights input input_dtype input_shape input_spec inputs jit_compile layers load_own_variables
    load_weights loss losses make_predict_function make_test_function make_train_function metrics metrics_names
    metrics_variables name non_trainable_variables non_trainable_weights output output_shape outputs path pop
    predict predict_function predict_on_batch predict_step quantization_mode quantize quantized_build quantized_call
    rematerialized_call reset_metrics run_eagerly save save_own_variables save_weights set_state_tree set_weights
    stateless_call stateless_compute_loss steps_per_execution summary supports_jit supports_masking symbolic_call
    test_function test_on_batch test_step to_json train_function train_on_batch train_step trainable
    trainable_variables trainable_weights unrolled_steps_per_execution variable_dtype variables weights
    history operations optimizer output_names stop_training
"""
"""Attributes of Keras's layers and models: a child of such a name would take the place of a method, or be refused."""


def _chain(layers: Sequence[Any]) -> Function:
    return Function("Sequential", (list_of(layers),))


def _element(chain: Any, name: str, place: int) -> Item:
    return Item(Attribute(chain, "layers"), place)


def _entry(target: Any, name: str, layer: Any) -> Function:
    """Built-in layers bear the name; blocks take none, and beside its padding a layer has no room for one."""
    if isinstance(layer, Make) and layer.layer:
        layer = replace(layer, kwargs={**layer.kwargs, "name": name})
    return Function(Attribute(target, "add"), (layer,))


def _joined(steps: tuple[Make, ...]) -> Make:
    """A layer after what prepares its input, as one layer."""
    before, layer = steps
    if before.target == "layers.ZeroPadding2D":
        return Make("padded", (before.args[0], layer), layer=False)
    return Make("Sequential", ([before, layer],), layer=False)


def _lifted(expression: Any) -> Make:
    return Make("layers.Lambda", (Lambda("x", filled(expression, [Name("x")])),))


IMAGE = Function("ops.zeros", ((1, Star(Item(Name("input_shape"), slice(1, None)))), Name("self.compute_dtype")))
BUILDING = Method("build", (Parameter("self"), Parameter("input_shape")), (Do(Function("self.call", (IMAGE,))),))
"""Keras builds a model with a `call` of its own only where it says how: Layer.build would mark it as built, no more.

It runs on an image of zeros, since a keras.Input cannot go through every expression: times a number it counts as sparse
(`Multiply.compute_output_spec` in keras/src/ops/numpy.py, Keras 3.15), and a variable cannot add it to itself.
"""

PARTLY = Assign(Attribute(Name("self"), "built"), True, (), "the parts of later calls are built in those")
"""Keras would warn that it builds a layer of which parts are not built."""

LANGUAGE = Language(
    title="Keras",
    twin="PyTorch",
    lower=lower_symbolic,
    module="layers.Layer",
    root="keras.Model",
    sequence="Sequential",
    chain=_chain,
    element=_element,
    several=list_of,
    named=dict,
    entry=_entry,
    joined=_joined,
    lifted=_lifted,
    building=BUILDING,
    partly=PARTLY,
    method="call",
    imports=(("import keras", ("keras",)), ("from keras import {}", ("Sequential", "layers", "ops"))),
    helpers=Path(__file__).parent / "helpers",
    reserved=frozenset(ATTRIBUTES.split()),
    words=frozenset({"layers.Lambda", "ops.zeros", "add", "append", "layers", "call", "compute_dtype", "built"}),
)


def source(net: Net, also: Iterable[str] = ()) -> Source:
    """Keras source of the network: classes of its blocks with a `call`."""
    return emit(net, LANGUAGE, also)
