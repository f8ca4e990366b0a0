"""Section Precision and determinism, first part: who decides what is computed in which precision."""

from __future__ import annotations

from .trap import of, trap

SECTION = "Precision and determinism"


@trap(
    section=SECTION,
    title="set_floatx('float64') leaves the layers in float32",
    torch="torch.set_default_dtype, or module.double(), makes the weights float64.",
    keras="Layers take their type from the dtype policy. Once there is one, and anything that asks for it makes one, "
    "keras.config.set_floatx changes it no more.",
    rule="keras.config.set_dtype_policy('float64'), or dtype='float64' at every layer.",
    wrong=9.4e-07,
    right=3.1e-15,
    measure="max |a - b| in float64",
)
def floatx_is_not_the_policy() -> tuple[float, float]:
    """A dense layer of ones made for float64 by floatx, and by a dtype policy."""
    import keras
    import numpy as np
    import torch

    floatx, policy = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx("float64")
    naive = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")
    keras.config.set_dtype_policy("float64")
    faithful = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")
    keras.config.set_floatx(floatx)
    keras.config.set_dtype_policy(policy)
    x = np.random.default_rng(0).normal(size=(8, 64))
    reference = torch.tensor(x).sum(1, keepdim=True).numpy()
    wrong, right = (np.abs(reference - np.asarray(layer(x))).max() for layer in (naive, faithful))
    return float(wrong), float(right)


@trap(
    section=SECTION,
    title="Keras makes float32 of float64 images without an error",
    torch="A float64 tensor through a float32 module is an error.",
    keras="A layer casts floating inputs to its own type.",
    rule="Look at the type of the result, not of the input, before calling a comparison one in float64.",
    wrong=1.0,
    right=0.0,
)
def inputs_are_cast_silently() -> tuple[float, float]:
    """Whole numbers above 2**24, of which float32 has only every second, through a pooling layer."""
    import keras
    import numpy as np
    import torch

    x = 2.0**24 + np.random.default_rng(0).integers(100, size=(1, 4, 4, 3))
    reference = torch.nn.functional.max_pool2d(torch.tensor(x).permute(0, 3, 1, 2), 2).permute(0, 2, 3, 1).numpy()
    naive, faithful = keras.layers.MaxPooling2D(), keras.layers.MaxPooling2D(dtype="float64")
    wrong, right = (np.abs(reference - np.asarray(layer(x))).max() for layer in (naive, faithful))
    return float(wrong), float(right)


@trap(
    section=SECTION,
    title="TF32 is on by default for other things",
    torch="On for cuDNN's convolutions, off for products of matrices.",
    keras="On for both in TensorFlow. On an Ampere GPU or later TF32 keeps 10 bits of the significand, not 23.",
    rule="Switch it off in both before comparing on a GPU: three settings.",
    wrong=1.0,
    right=0.0,
    thread="https://tensorflow.org/api_docs/python/tf/config/experimental/enable_tensor_float_32_execution",
    measure="how many of the two settings differ",
)
def tensor_float_32() -> tuple[float, float]:
    """TF32 for products of matrices and for convolutions: the settings as they are, and both switched off."""
    import tensorflow as tf
    import torch

    def differ() -> float:
        tensorflow = tf.config.experimental.tensor_float_32_execution_enabled()
        return float(sum(b.allow_tf32 != tensorflow for b in (torch.backends.cuda.matmul, torch.backends.cudnn)))

    defaults = differ()
    before = torch.backends.cudnn.allow_tf32, tf.config.experimental.tensor_float_32_execution_enabled()
    torch.backends.cudnn.allow_tf32 = False
    tf.config.experimental.enable_tensor_float_32_execution(False)
    off = differ()
    torch.backends.cudnn.allow_tf32 = before[0]
    tf.config.experimental.enable_tensor_float_32_execution(before[1])
    return defaults, off


@trap(
    section=SECTION,
    title="Under mixed_float16 the softmax is float16 too",
    torch="torch.autocast on a GPU decides per op; softmax and losses are taken to float32.",
    keras="Every layer under the policy mixed_float16 computes in float16, the last one too.",
    rule="dtype='float32' at the last layer, by hand.",
    wrong=0.0019,
    right=4.5e-07,
    measure="largest relative error of the probabilities",
)
def float16_head() -> tuple[float, float]:
    """The softmax of float16 logits, in float16 and in float32."""
    import keras
    import numpy as np
    import torch

    logits = np.random.default_rng(0).normal(size=(8, 1000)).astype("float16")
    reference = torch.tensor(logits).float().softmax(1).numpy()  # what torch.autocast does on a GPU
    naive = keras.layers.Softmax(dtype="mixed_float16")(logits)
    faithful = keras.layers.Softmax(dtype="float32")(logits)
    errors = [np.abs(reference - keras.ops.cast(y, "float32")) / reference for y in (naive, faithful)]
    return float(np.max(errors[0])), float(np.max(errors[1]))


@trap(
    section=SECTION,
    title="oneDNN adds in another order",
    torch="On x86 CPUs torch convolves with oneDNN; torch.backends.mkldnn.set_flags switches it while running.",
    keras="So does TensorFlow, which reads TF_ENABLE_ONEDNN_OPTS once, when it is imported.",
    rule="Fix the setting where float32 results are stored for comparison; better store float64 results.",
    wrong=6.3e-07,
    right=0.0,
    measure="max |a - b| in float32, then in float64",
    note="The first number is rounding and belongs to the machine: it is zero where torch has no oneDNN.",
)
def onednn_rounding() -> tuple[float, float]:
    """One convolution with and without oneDNN's kernels, in float32 and in float64."""
    import torch

    def difference(dtype: torch.dtype) -> float:
        draw = torch.Generator().manual_seed(0)
        x, weight = (torch.randn(s, dtype=dtype, generator=draw) for s in ((2, 32, 20, 20), (64, 32, 3, 3)))
        weight /= 32 * 3
        y = torch.nn.functional.conv2d(x, weight)
        before = torch.backends.mkldnn.set_flags(False)
        plain = torch.nn.functional.conv2d(x, weight)
        torch.backends.mkldnn.set_flags(before[0], None, None, before[3])
        return float((y - plain).abs().max())

    return difference(torch.float32), difference(torch.float64)


@trap(
    section=SECTION,
    title="On several devices each normalises its own part of the batch",
    torch="Batch normalisation under DistributedDataParallel sees the part of its device; "
    "SyncBatchNorm.convert_sync_batchnorm makes it see all.",
    keras="So it is under MirroredStrategy; BatchNormalization(synchronized=True), on TensorFlow only, sees all.",
    rule="Compare on one device, and note which of the two a published training had.",
    wrong=0.36,
    right=1.3e-15,
    meets=of("batch_norm"),
)
def replicas_normalise_alone() -> tuple[float, float]:
    """Batch normalisation of a batch of 8, on one device, and on two that see 4 images each."""
    import keras
    import numpy as np
    import torch

    x = np.random.default_rng(0).normal(size=(8, 5, 5, 3))
    whole = keras.layers.BatchNormalization(epsilon=1e-5, dtype="float64")(x, training=True)
    images = torch.tensor(x).permute(0, 3, 1, 2)
    norm = torch.nn.BatchNorm2d(3, dtype=torch.float64)
    alone = torch.cat([norm(half) for half in images.chunk(2)]).permute(0, 2, 3, 1).detach().numpy()
    together = norm(images).permute(0, 2, 3, 1).detach().numpy()
    return float(np.abs(whole - alone).max()), float(np.abs(whole - together).max())
