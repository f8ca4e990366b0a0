"""Faults on the Keras side of imported models: in settings, in what is computed, and in numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from planted import Plant, fault
from planting import after, again, changed, edited, instead, without


def _on(change: Callable[..., Any], *given: Any, **more: Any) -> Plant:
    return lambda module, model: change(model, *given, **more)


def _each(*changes: Callable[[Any], Any]) -> Plant:
    """Several changes, one after the other."""

    def plant(module: Any, model: Any) -> Any:
        for change in changes:
            model = change(model)
        return model

    return plant


def _concat(model: Any, name: str, order: Callable[[list[Any]], list[Any]]) -> Any:
    """With the inputs of a concatenation otherwise."""
    return _of_inputs(model, name, lambda given: layers.Concatenate(name=name)(order(given)))


def _of_inputs(model: Any, name: str, way: Callable[[Any], Any]) -> Any:
    def call(layer: Any, *given: Any, **more: Any) -> Any:
        return way(given[0]) if layer.name == name else layer(*given, **more)

    return again(model, lambda layer: layer.get_config(), call)


def _before(model: Any, change: Callable[[Any], Any]) -> Any:
    """With something before all else."""
    image = keras.Input(model.input_shape[1:])
    return keras.Model(image, model(change(image)))


def _exchanged(model: Any, one: str, other: str, variable: str = "kernel") -> Any:
    a, b = (getattr(model.get_layer(name), variable) for name in (one, other))
    mine, theirs = np.array(a), np.array(b)
    a.assign(theirs)
    b.assign(mine)
    return model


def _between(model: Any, name: str, one: str, other: str) -> Any:
    layer = model.get_layer(name)
    a, b = getattr(layer, one), getattr(layer, other)
    mine, theirs = np.array(a), np.array(b)
    a.assign(theirs)
    b.assign(mine)
    return model


def _flipped(axis: int) -> Callable[[Any], Any]:
    return lambda a: np.flip(a, axis)


def _depthwise_order(kernel: Any) -> Any:
    """As if the multiplier came before the channels, or the kernel mirrored."""
    return np.ascontiguousarray(kernel.transpose(1, 0, 2, 3))


def _training_baked(model: Any, name: str) -> Any:
    return instead(model, name, lambda x: model.get_layer(name)(x, training=True))


STRIDES: dict[str, dict[str, Any]] = {
    "layer2.0.conv1": {"strides": (2, 2)}, "layer2.0.conv2": {"strides": (1, 1)}, "layer2.0.conv2.pad": {"padding": 1},
}  # fmt: skip


def _moved_stride(module: Any, model: Any) -> Any:
    return again(model, lambda layer: {**layer.get_config(), **STRIDES.get(layer.name, {})})


RES, NORM = "timm_resnet", "layer2.1.bn1"

# fmt: off
fault("keras_eps", "epsilon", RES, "keras", _on(edited, NORM, epsilon=1e-3), NORM,
    "eps, 1e-05 in PyTorch and 0.001")
fault("keras_app_eps", "epsilon", "keras_resnet", "keras", _on(edited, "conv2_block2_1_bn", epsilon=1e-3),
    "conv2_block2_1_bn", "eps, 1.001e-05 in PyTorch and 0.001")
fault("keras_same_stem", "SAME", RES, "keras", _each(lambda k: without(k, "conv1.pad"), lambda k: edited(k,
    "conv1", padding="same")), "conv1", "pads, (3, 3, 3, 3) in PyTorch and same")
fault("keras_same_depthwise", "SAME", "timm_mobilenetv2", "keras", _each(lambda k: without(k,
    "blocks.1.0.conv_dw.pad"), lambda k: edited(k, "blocks.1.0.conv_dw", padding="same")), "blocks.1.0.conv_dw",
    "pads, (1, 1, 1, 1) in PyTorch and same")
fault("keras_pads_side", "pads and their side", RES, "keras", _each(lambda k: edited(k, "layer2.0.conv1.pad",
    padding=((0, 2), (0, 2)))), "layer2.0.conv1", "pads, (1, 1, 1, 1) in PyTorch and (0, 2, 0, 2)")
fault("keras_pads_other_side", "pads and their side", "keras_mobilenet_v2", "keras", _on(edited, "block_1_pad",
    padding=((1, 0), (1, 0))), "block_1_depthwise", "pads, (0, 1, 0, 1) in PyTorch and (1, 0, 1, 0)")
fault("keras_pool_same", "SAME", RES, "keras", lambda m, k: instead(k, "maxpool", layers.MaxPooling2D(3, 2,
    padding="same")) if k.get_layer("maxpool") else k, "maxpool", "pads")
fault("keras_zeros_for_infinity", "pads", RES, "keras", lambda m, k: instead(without(k, "act1"), "maxpool", lambda
    x: layers.MaxPooling2D(3, 2)(layers.ZeroPadding2D(1)(x))), "maxpool|act1", "relu|zero_padding")
fault("keras_dilation", "dilation", "keras_resnet", "keras", _on(edited, "conv2_block2_2_conv", dilation_rate=2),
    "conv2_block2_2_conv", "dilation, (1, 1) in PyTorch and (2, 2)")
fault("keras_stride_elsewhere", "stride in the other layer", "timm_bottleneck", "keras", _moved_stride,
    "layer2.0.conv1|layer2.0.bn1|layer2.0.conv2", "stride, (1, 1) in PyTorch and (2, 2)|stride, (2, 2)")
fault("keras_groups", "groups", "timm_resnext", "keras", _on(edited, "layer1.0.conv2", groups=1),
    "layer1.0.conv2", "groups, 4 in PyTorch and 1")
fault("keras_average_pool", "pool kind", "keras_densenet", "keras", _on(instead, "pool3_pool",
    layers.MaxPooling2D(2)), "pool3_pool", "another function, avg_pool")
fault("keras_max_at_the_end", "pool kind", "keras_resnet", "keras", _on(instead, "avg_pool",
    layers.GlobalMaxPooling2D()), "avg_pool|mean|predictions", "another function")
fault("keras_ceil", "ceil mode", "torchvision_squeezenet", "keras", lambda m, k: instead(without(k,
    "features.8.pad"), "features.8", layers.MaxPooling2D(3, 2)), "features.8", "ceil")
fault("keras_counted_pads", "counted pads", "timm_resnet_averaged", "keras", lambda m, k: instead(without(k,
    "maxpool.pad"), "maxpool", layers.AveragePooling2D(3, 2, padding="same")), "maxpool",
    "pads|count_include_pad")
fault("keras_relu6", "activation variant", "keras_efficientnet", "keras", _on(edited, "block2a_activation",
    activation="relu6"), "block2a_activation|block2a_bn|silu", "silu in PyTorch and relu6")
fault("keras_default_slope", "activation slope", "timm_resnet_leaky", "keras", _on(_leaky := lambda k: instead(k,
    "bn1", lambda x: layers.LeakyReLU()(k.get_layer("bn1")(x)))), "act1|bn1|leaky_re_lu", "leaky_relu|0.3")
fault("keras_approximate_gelu", "activation variant", "timm_resnet_gelu", "keras", lambda m, k: instead(k,
    _gelu(k), lambda x: keras.activations.gelu(x, approximate=True)), "act1|act2|maxpool", "gelu|tanh|approximate")
fault("keras_sigmoid_for_hard", "activation variant", "keras_mobilenet_v3", "keras", lambda m, k: instead(k,
    "activation", layers.Activation("silu")), "activation|hard_swish|conv_bn", "hard_swish in PyTorch and silu")
fault("keras_no_act", "missing activation", "keras_resnet", "keras", _on(without, "conv2_block2_1_relu"),
    "conv2_block2_2_conv|conv2_block2_1_relu", "missing, relu")
fault("keras_act_twice", "doubled activation", RES, "keras", _on(after, "layer2.1.bn2", layers.ReLU()),
    "layer2.1.add|layer2.1.bn2", "additional, nothing in PyTorch and relu")
fault("keras_tanh", "activation variant", "torchvision_vgg", "keras", lambda m, k: instead(k, "features.6",
    layers.Activation("tanh")), "features.6", "relu in PyTorch and tanh")
fault("keras_concat_order", "order of concatenation", "keras_densenet", "keras", lambda m, k: _concat(k,
    "conv3_block2_concat", lambda given: given[::-1]), "conv3_block2_concat|concat_3", "order of inputs")
fault("keras_concat_order_fire", "order of branches", "torchvision_squeezenet", "keras", lambda m, k: _concat(k,
    "features.6.concat", lambda given: given[::-1]), "features.6.concat", "order of inputs")
fault("keras_no_shortcut", "wiring", RES, "keras", lambda m, k: _of_inputs(k, "layer2.1.add", lambda given:
    given[0]), "layer2.1.act2|layer2.1.add", "add")
fault("keras_shortcut_of_another", "wiring", "timm_resnet_shared", "keras", lambda m, k: _of_inputs(k,
    "layer1.2.add", lambda given: layers.Add(name="layer1.2.add")([given[0], given[0]])), "layer1.2.add",
    "inputs")
fault("keras_multiply_for_add", "wiring", RES, "keras", lambda m, k: _of_inputs(k, "layer2.1.add", lambda given:
    layers.Multiply()(given)), "layer2.1.add|multiply", "another function, add")
fault("keras_mean_for_add", "wiring", RES, "keras", lambda m, k: _of_inputs(k, "layer2.1.add", lambda given:
    layers.Average()(given)), "layer2.1.add|layer2.1.act2|average", "average|rescale|0.5")
fault("keras_flatten", "flatten order", "torchvision_vgg", "keras", lambda m, k: changed(k, "classifier.0",
    "kernel", lambda a: a.reshape(4, 4, 8, -1).transpose(2, 0, 1, 3).reshape(a.shape)), "classifier.0",
    "flatten order")
fault("keras_bilinear", "resize rule", "timm_upsampled", "keras", lambda m, k: instead(k, _resize(k),
    layers.UpSampling2D(2, interpolation="bilinear")), "interpolate|resize|upsample|out|up_sampling2d",
    "bilinear")
fault("keras_rescaling", "normalisation of the input", "keras_mobilenet_v3", "keras", _on(edited, "rescaling",
    offset=-0.9), "rescaling", "offset, -1.0 in PyTorch and -0.9")
fault("keras_no_rescaling", "normalisation of the input", "keras_mobilenet_v3", "keras", _on(without,
    "rescaling"), "conv|rescaling", "missing, rescale")
fault("keras_scaled_pixels", "normalisation of the input", RES, "keras", lambda m, k: _before(k,
    layers.Rescaling(1 / 127.5, -1)), "conv1", "additional, nothing in PyTorch and rescale")
fault("keras_bgr", "BGR", RES, "keras", lambda m, k: _before(k, lambda x: ops.flip(x, 3)), "conv1",
    "RGB against BGR|Flip(x, axis=3)")
fault("keras_mirrored", "flip", RES, "keras", lambda m, k: _before(k, lambda x: ops.flip(x, 2)), "conv1",
    "mirrored|Flip(x, axis=2)")
fault("keras_softmax_left", "softmax left", RES, "keras", _on(edited, "fc", activation="softmax"),
    "fc|fc_softmax", "softmax")
fault("keras_softmax_missing", "softmax left", "keras_resnet", "keras", _on(edited, "predictions",
    activation="linear"), "predictions|predictions_softmax|softmax", "softmax")
fault("keras_sigmoid_at_the_end", "activation variant", "keras_resnet", "keras", _on(edited, "predictions",
    activation="sigmoid"), "predictions|predictions_softmax|predictions_sigmoid",
    "softmax in PyTorch and sigmoid")
fault("keras_half", "dtype island", RES, "keras", _on(edited, "layer2.1.conv1", dtype="float16"),
    "layer2.1.conv1|precision", "float16|precision|dtype")
fault("keras_kernel_hw", "kernel axes", RES, "keras", _on(changed, "layer2.1.conv1", "kernel", lambda a:
    a.transpose(1, 0, 2, 3)), "layer2.1.conv1", "height and width exchanged")
fault("keras_depthwise_hw", "kernel axes", "timm_mobilenetv2", "keras", _on(changed, "blocks.1.1.conv_dw",
    "kernel", _depthwise_order), "blocks.1.1.conv_dw", "height and width exchanged")
fault("keras_dense_channels", "exchanged weights", RES, "keras", _on(changed, "fc", "kernel", _flipped(0)), "fc",
    "reversed|another order")
fault("keras_weights_exchanged", "exchanged weights", "keras_resnet", "keras", lambda m, k: _exchanged(k,
    "conv2_block1_2_conv", "conv2_block2_2_conv"), "conv2_block1_2_conv", "exchanged with conv2_block2_2_conv")
fault("keras_mean_variance", "statistics exchanged", RES, "keras", lambda m, k: _between(k, NORM, "moving_mean",
    "moving_variance"), NORM, "running mean and variance exchanged")
fault("keras_gamma_beta", "scale and offset exchanged", RES, "keras", lambda m, k: _between(k, NORM, "gamma",
    "beta"), NORM, "scale and offset exchanged")
fault("keras_no_statistics", "statistics left out", RES, "keras", _each(lambda k: changed(k, NORM, "moving_mean",
    np.zeros_like), lambda k: changed(k, NORM, "moving_variance", np.ones_like)), NORM,
    "statistics not transferred")
fault("keras_deviation_for_variance", "statistics exchanged", RES, "keras", lambda m, k: changed(k, NORM,
    "moving_variance", np.sqrt), NORM, "square root|running_var")
fault("keras_no_bias", "weights left out", "torchvision_vgg", "keras", _on(changed, "features.4", "bias",
    np.zeros_like), "features.4", "not transferred")
fault("keras_scaled_kernel", "weights", RES, "keras", _on(changed, "layer2.1.conv1", "kernel", lambda a: a *
    1.01), "layer2.1.conv1", "multiplied by")
fault("keras_no_scale", "extra parameters", RES, "keras", _on(edited, NORM, scale=False), NORM, "scale|weight")
fault("keras_batch_statistics", "training=True baked in", RES, "keras", lambda m, k: _training_baked(k, NORM),
    NORM, "statistics of the batch")
fault("keras_axis", "normalisation", RES, "keras", lambda m, k: instead(k, "layer2.1.bn1",
    layers.LayerNormalization()), "layer2.1.bn1|layer_normalization", "another function, batch_norm")


def _gelu(model: Any) -> str:
    """The first GELU of a build."""
    return next(str(layer.name) for layer in model.layers if "act1" in layer.name)


def _resize(model: Any) -> str:
    """The layer that makes a map larger."""
    kinds = (layers.UpSampling2D, layers.Resizing)
    return next(str(layer.name) for layer in model.layers if isinstance(layer, kinds))
