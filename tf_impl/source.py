"""The emitted Keras file of a network: it needs keras alone."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..common.emission.language import Language
from ..common.emission.source import Source, emit
from ..common.lowering import Make, literal
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

BUILDING = ("def build(self, input_shape):", "    self.compute_output_spec(keras.KerasTensor(input_shape))")
"""Keras builds a model with a `call` of its own only where it says how: Layer.build would mark it as built, no more.

`self.call` on a symbolic image would not do: Keras 3.15 takes the product of one and a number for sparse.
"""


def _entry(name: str, made: str) -> str:
    """Built-in layers bear the name; blocks take none, and beside its padding a layer has no room for one."""
    if not made.startswith("layers."):
        return f"add({made})"
    return f'add({made[:-1]}{"" if made.endswith("()") else ", "}name="{name}"))'


def _joined(steps: tuple[Make, ...]) -> str:
    """A layer after what prepares its input, as one layer."""
    before, layer = steps
    if before.target == "layers.ZeroPadding2D":
        return f"padded({literal(before.args[0], short=True)}, {layer.source()})"
    return f"Sequential([{before.source()}, {layer.source()}])"


def _method(inputs: list[str], several: bool) -> str:
    return f"call({', '.join(['self', *inputs])})"


LANGUAGE = Language(
    title="Keras",
    twin="PyTorch",
    lower=lower_symbolic,
    module="layers.Layer",
    root="keras.Model",
    sequence="Sequential",
    listed="Sequential({})",
    inline="Sequential([{}])",
    several="[{}]",
    entry=_entry,
    joined=_joined,
    lifted="layers.Lambda(lambda x: {})",
    method=_method,
    building=BUILDING,
    imports=(("import keras", ("keras",)), ("from keras import {}", ("Sequential", "layers", "ops"))),
    helpers=Path(__file__).parent / "helpers",
    reserved=frozenset(ATTRIBUTES.split()),
)


def source(net: Net, also: Iterable[str] = ()) -> Source:
    """Keras source of the network: classes of its blocks with a `call`."""
    return emit(net, LANGUAGE, also)
