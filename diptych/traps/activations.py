"""Section Activations: equal names with other formulas, other default slopes, and heads that end elsewhere."""

from __future__ import annotations

from .trap import of, trap

SECTION = "Activations"


@trap(
    section=SECTION,
    title="Hard sigmoid changed its slope between Keras 2 and Keras 3",
    torch="F.hardsigmoid is relu6(x + 3) / 6: slope 1/6, flat outside -3 ... 3.",
    keras="Keras 3 has the same. Keras 2 and the old tf.keras had clip(0.2 x + 0.5, 0, 1): slope 1/5, flat outside "
    "-2.5 ... 2.5.",
    rule="Find out under which Keras the weights were trained; for Keras 2, write clip(0.2 x + 0.5, 0, 1) out in both.",
    wrong=0.083,
    right=0.0,
    thread="https://github.com/tensorflow/tensorflow/issues/65381",
    meets=of("hard_sigmoid"),
)
def hard_sigmoid_of_keras_2() -> tuple[float, float]:
    """The hard sigmoid of Keras 2 against the one of torch and Keras 3."""
    import keras
    import numpy as np
    import torch

    x = np.random.default_rng(0).normal(scale=2, size=1000)
    reference = torch.nn.functional.hardsigmoid(torch.tensor(x)).numpy()
    naive = np.clip(0.2 * x + 0.5, 0, 1)
    faithful = keras.activations.hard_sigmoid(x)
    return float(np.abs(reference - naive).max()), float(np.abs(reference - faithful).max())


@trap(
    section=SECTION,
    title="Hard swish made of the wrong hard sigmoid",
    torch="F.hardswish is x relu6(x + 3) / 6.",
    keras="keras.activations.hard_silu (also called hard_swish) is the same. Code of the Keras 2 time that multiplies "
    "x by hard_sigmoid(x) has the older slope.",
    rule="Use hard_silu; where old code multiplies x by hard_sigmoid, look at its formula.",
    wrong=0.21,
    right=4.4e-16,
    thread="https://github.com/keras-team/keras/pull/19477",
    meets=of("hard_swish"),
)
def hard_swish_of_keras_2() -> tuple[float, float]:
    """A hard swish made of the hard sigmoid of Keras 2 against keras.activations.hard_silu."""
    import keras
    import numpy as np
    import torch

    x = np.random.default_rng(0).normal(scale=2, size=1000)
    reference = torch.nn.functional.hardswish(torch.tensor(x)).numpy()
    naive = x * np.clip(0.2 * x + 0.5, 0, 1)
    faithful = keras.activations.hard_silu(x)
    return float(np.abs(reference - naive).max()), float(np.abs(reference - faithful).max())


@trap(
    section=SECTION,
    title="keras.ops.gelu is approximate unless told otherwise",
    torch="F.gelu is exact, x Phi(x) with the error function; approximate='tanh' must be asked for.",
    keras="keras.activations.gelu and tf.nn.gelu are exact by default, keras.ops.gelu takes the tanh form.",
    rule="Pass approximate=False to keras.ops.gelu, or use keras.activations.gelu.",
    wrong=0.00047,
    right=7.2e-07,
    thread="https://tensorflow.org/api_docs/python/tf/keras/ops/gelu",
    meets=of("gelu"),
)
def gelu_default() -> tuple[float, float]:
    """keras.ops.gelu as called without arguments, and told to be exact."""
    import keras
    import numpy as np
    import torch

    x = np.random.default_rng(0).normal(scale=2, size=1000).astype("float32")
    reference = torch.nn.functional.gelu(torch.tensor(x)).numpy()
    naive = keras.ops.gelu(x)
    faithful = keras.ops.gelu(x, approximate=False)
    return float(np.abs(reference - naive).max()), float(np.abs(reference - faithful).max())


@trap(
    section=SECTION,
    title="The LeakyReLU layers have default slopes 0.01 and 0.3",
    torch="nn.LeakyReLU multiplies what is below zero by 0.01.",
    keras="keras.layers.LeakyReLU multiplies it by 0.3. Darknet, hence YOLO, has 0.1.",
    rule="Always write the slope.",
    wrong=1.1,
    right=0.0,
    thread="https://github.com/pytorch/pytorch/issues/10349",
    meets=of("leaky_relu"),
)
def leaky_relu_layer_slope() -> tuple[float, float]:
    """The leaky ReLU layers of both frameworks, each with its own default slope."""
    import keras
    import numpy as np
    import torch

    x = np.random.default_rng(0).normal(size=1000).astype("float32")
    reference = torch.nn.LeakyReLU()(torch.tensor(x)).numpy()
    naive = keras.layers.LeakyReLU()(x)
    faithful = keras.layers.LeakyReLU(negative_slope=0.01)(x)
    return float(np.abs(reference - naive).max()), float(np.abs(reference - faithful).max())


@trap(
    section=SECTION,
    title="The leaky_relu functions have default slopes 0.01 and 0.2",
    torch="F.leaky_relu multiplies what is below zero by 0.01, as the layer does.",
    keras="keras.activations.leaky_relu, keras.ops.leaky_relu and tf.nn.leaky_relu multiply it by 0.2, unlike Keras' "
    "own layer.",
    rule="Always write the slope.",
    wrong=0.74,
    right=0.0,
    thread="https://github.com/Dobiasd/frugally-deep/pull/446",
    meets=of("leaky_relu"),
)
def leaky_relu_function_slope() -> tuple[float, float]:
    """The leaky ReLU functions of both frameworks, each with its own default slope."""
    import keras
    import numpy as np
    import torch

    x = np.random.default_rng(0).normal(size=1000).astype("float32")
    reference = torch.nn.functional.leaky_relu(torch.tensor(x)).numpy()
    naive = keras.activations.leaky_relu(x)
    faithful = keras.activations.leaky_relu(x, negative_slope=0.01)
    return float(np.abs(reference - naive).max()), float(np.abs(reference - faithful).max())


@trap(
    section=SECTION,
    title="PReLU starts at 0.25 or at 0",
    torch="nn.PReLU starts with the slope 0.25.",
    keras="keras.layers.PReLU starts with zeros, that is as a ReLU.",
    rule="Pass alpha_initializer=Constant(0.25), or init=0.0 on the other side.",
    wrong=0.6,
    right=0.0,
    meets=of("prelu"),
)
def prelu_initial_slope() -> tuple[float, float]:
    """PReLU before any training."""
    import keras
    import numpy as np
    import torch

    x = np.random.default_rng(0).normal(size=(2, 5, 7, 3)).astype("float32")
    reference = torch.nn.PReLU()(torch.tensor(x)).detach().numpy()
    naive = keras.layers.PReLU()(x)
    faithful = keras.layers.PReLU(alpha_initializer=keras.initializers.Constant(0.25))(x)
    return float(np.abs(reference - naive).max()), float(np.abs(reference - faithful).max())


@trap(
    section=SECTION,
    title="PReLU has one slope, one per channel or one per number",
    torch="nn.PReLU() has one slope for everything, nn.PReLU(C) one per channel.",
    keras="keras.layers.PReLU() has one slope per row, column and channel; shared_axes=[1, 2] makes it one per "
    "channel.",
    rule="nn.PReLU(C) is PReLU(shared_axes=[1, 2]); one slope for all is shared_axes=[1, 2, 3].",
    wrong=102.0,
    right=0.0,
    measure="slopes that Keras has more than torch",
    meets=of("prelu"),
)
def prelu_shared_slopes() -> tuple[float, float]:
    """How many slopes a PReLU over a map of 3 channels, 5 rows and 7 columns has."""
    import keras
    import torch

    slopes = torch.nn.PReLU(3).weight.numel()
    naive, faithful = keras.layers.PReLU(), keras.layers.PReLU(shared_axes=[1, 2])
    naive.build((None, 5, 7, 3))
    faithful.build((None, 5, 7, 3))
    return float(naive.count_params() - slopes), float(faithful.count_params() - slopes)


@trap(
    section=SECTION,
    title="torch cuts softplus off at 20",
    torch="F.softplus is log(1 + exp(x)) up to x = 20 and x itself above (threshold=20).",
    keras="keras.ops.softplus is log(1 + exp(x)) everywhere.",
    rule="Nothing to do in float32, which cannot tell them apart; in float64 take x above 20, or raise torch's "
    "threshold.",
    wrong=2e-09,
    right=3.6e-15,
)
def softplus_threshold() -> tuple[float, float]:
    """Softplus in float64 around 20, from where on torch returns x itself."""
    import keras
    import numpy as np
    import torch

    x = np.linspace(15, 25, 1001)
    reference = torch.nn.functional.softplus(torch.tensor(x)).numpy()
    naive = keras.ops.convert_to_numpy(keras.ops.softplus(x))
    faithful = np.where(x > 20, x, naive)
    return float(np.abs(reference - naive).max()), float(np.abs(reference - faithful).max())


@trap(
    section=SECTION,
    title="SiLU, Mish and ReLU6 are equal",
    torch="x sigmoid(x), x tanh(softplus(x)) and min(max(x, 0), 6).",
    keras="The same three formulas; what differs in float32 is rounding.",
    rule="Translate by name, and judge in float64.",
    wrong=1.9e-06,
    right=3.6e-15,
    measure="max |a - b| in float32, then in float64",
    note="There is no trap here: both numbers are rounding, of float32 and of float64.",
)
def equal_activations() -> tuple[float, float]:
    """SiLU, Mish and ReLU6 in float32, which look slightly different, and in float64, which shows that they are not."""
    import keras
    import numpy as np
    import torch

    def difference(dtype: str) -> float:
        x = np.random.default_rng(0).normal(scale=4, size=1000).astype(dtype)
        names = ("silu", "mish", "relu6")
        pairs = [(getattr(torch.nn.functional, f)(torch.tensor(x)), getattr(keras.activations, f)(x)) for f in names]
        return max(float(np.abs(a.numpy() - b).max()) for a, b in pairs)

    return difference("float32"), difference("float64")


@trap(
    section=SECTION,
    title="keras.applications end in probabilities, torchvision and timm in logits",
    torch="Classifiers end in a linear layer; the softmax is part of nn.CrossEntropyLoss.",
    keras="The networks of keras.applications apply softmax unless classifier_activation=None; losses expect "
    "probabilities unless from_logits=True.",
    rule="Compare logits: classifier_activation=None, and from_logits=True in the loss.",
    wrong=7.1,
    right=4.4e-16,
    meets=of("softmax"),
)
def softmax_head() -> tuple[float, float]:
    """A classifier head as keras.applications ends it, against the logits of torchvision and timm."""
    import keras
    import numpy as np
    import torch

    rng = np.random.default_rng(0)
    x, weight, bias = rng.normal(size=(4, 8)), rng.normal(size=(10, 8)), rng.normal(size=10)
    reference = torch.nn.functional.linear(*map(torch.tensor, (x, weight, bias))).numpy()
    naive, faithful = (keras.layers.Dense(10, activation=a, dtype="float64") for a in ("softmax", None))
    for head in (naive, faithful):
        head.build(x.shape)
        head.set_weights([weight.T, bias])
    return float(np.abs(reference - naive(x)).max()), float(np.abs(reference - faithful(x)).max())
