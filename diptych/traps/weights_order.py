"""Dense layers, flattening, and the order in which weights are listed."""
# mypy: disallow-subclassing-any=False

from __future__ import annotations

from ..common.ops.flatten import Flatten
from ..common.ops.linear import Linear
from .trap import of, trap

SECTION = "Dense, flatten and weight order"


@trap(
    section=SECTION,
    title="The axes of a dense kernel",
    torch="Linear keeps (out, in).",
    keras="Dense keeps (in, out).",
    rule="Transpose; where in = out, no error tells that it was forgotten.",
    wrong=8.2,
    right=4.8e-07,
    meets=of("linear"),
)
def dense_kernel_axes() -> tuple[float, float]:
    """Linear keeps (out, in), Dense (in, out): a square kernel fits without its transpose."""
    import keras
    import numpy as np
    import torch

    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(2, 8)).astype("float32"), rng.normal(size=(8, 8)).astype("float32")
    truth = torch.nn.functional.linear(torch.tensor(x), torch.tensor(w)).numpy()
    layer, differences = keras.layers.Dense(8, use_bias=False), []
    layer.build((None, 8))
    for kernel in (w, w.T):
        layer.kernel.assign(kernel)
        differences.append(float(np.abs(layer(x) - truth).max()))
    return differences[0], differences[1]


@trap(
    section=SECTION,
    title="The first dense layer after a map",
    torch="flatten of (C, H, W) runs through the columns first and the channels last.",
    keras="Flatten of (H, W, C) runs through the channels first.",
    rule="Permute the rows of the dense kernel from (C H W) to (H W C), or the map before Flatten.",
    wrong=26.0,
    right=1.9e-06,
    thread="https://github.com/gzuidhof/nn-transfer/issues/16",
    meets=lambda node: isinstance(node.op, Linear) and node.op.folded is not None,
)
def dense_after_flatten() -> tuple[float, float]:
    """A flattened map is C, H, W in torch and H, W, C in Keras: the rows of the first dense kernel go with it."""
    import keras
    import numpy as np
    import torch

    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(2, 3, 4, 5)).astype("float32"), rng.normal(size=(6, 3 * 4 * 5)).astype("float32")
    truth = torch.nn.functional.linear(torch.flatten(torch.tensor(x), 1), torch.tensor(w)).numpy()
    flat = keras.layers.Flatten()(np.einsum("nchw->nhwc", x))
    naive = keras.ops.matmul(flat, w.T)
    permuted = np.einsum("ochw->hwco", w.reshape(6, 3, 4, 5)).reshape(-1, 6)
    faithful = keras.ops.matmul(flat, permuted)
    wrong, right = (np.abs(y - truth).max() for y in (naive, faithful))
    return float(wrong), float(right)


@trap(
    section=SECTION,
    title="Keras's Flatten of channels_first",
    torch="flatten keeps the order of the numbers in memory.",
    keras="Flatten(data_format='channels_first') makes the channels last before it flattens.",
    rule="Permute the map by hand, then Flatten without a data_format.",
    wrong=3.5,
    right=0.0,
    thread="https://github.com/keras-team/keras/issues/10449",
    meets=lambda node: isinstance(node.op, Flatten) and node.op.folded[1] * node.op.folded[2] > 1,
)
def flatten_channels_first() -> tuple[float, float]:
    """Keras's Flatten(data_format='channels_first') moves the channels last before it flattens: not torch's order."""
    import keras
    import numpy as np
    import torch

    x = np.random.default_rng(0).normal(size=(2, 3, 4, 5)).astype("float32")
    truth = torch.flatten(torch.tensor(x), 1).numpy()
    naive = keras.layers.Flatten(data_format="channels_first")(x)
    faithful = keras.layers.Flatten()(keras.layers.Permute((3, 1, 2))(np.einsum("nchw->nhwc", x)))
    wrong, right = (np.abs(y - truth).max() for y in (naive, faithful))
    return float(wrong), float(right)


@trap(
    section=SECTION,
    title="The order of a functional model's weights",
    torch="parameters() follows the order in which modules were registered.",
    keras="model.weights of a functional model follows the depth of the layers in the graph, not their calls.",
    rule="Match weights by name; equal shapes let a copy by position succeed.",
    wrong=5.6,
    right=4.8e-07,
    thread="https://github.com/tensorflow/tensorflow/issues/50306",
)
def functional_weights_by_depth() -> tuple[float, float]:
    """'late' is called before 'early', yet Keras lists 'early' first: copied by position, the two are exchanged."""
    import keras
    import numpy as np
    import torch

    rng = np.random.default_rng(0)
    x, arrays = rng.normal(size=(2, 8)).astype("float32"), rng.normal(size=(2, 8, 8)).astype("float32")
    t, (late, early) = torch.tensor(x), torch.tensor(arrays)
    truth = (t @ late.T + (t @ early.T).relu()).numpy()
    image = keras.Input((8,))
    straight = keras.layers.Dense(8, use_bias=False, name="late")(image)
    bent = keras.layers.ReLU()(keras.layers.Dense(8, use_bias=False, name="early")(image))
    model = keras.Model(image, straight + bent)
    model.set_weights([array.T for array in arrays])
    wrong = np.abs(model(x) - truth).max()
    for name, array in zip(("late", "early"), arrays, strict=True):
        model.get_layer(name).set_weights([array.T])
    return float(wrong), float(np.abs(model(x) - truth).max())


@trap(
    section=SECTION,
    title="The order of a subclass's weights",
    torch="Modules are listed as their attributes were set.",
    keras="A subclass of Model does so too; the same layers in a functional model come by their depth.",
    rule="Match weights by name.",
    wrong=4.0,
    right=0.0,
    measure="arrays in another place by position; arrays without a partner by name",
)
def subclass_weights_by_attribute() -> tuple[float, float]:
    """A subclass lists its weights as its attributes were set, a functional model by depth."""
    import keras

    class Network(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.second, self.first = keras.layers.Dense(8), keras.layers.Dense(8)

    network, image = Network(), keras.Input((8,))
    functional = keras.Model(image, network.second(network.first(image)))
    listed, by_depth = ([weight.path for weight in model.weights] for model in (network, functional))
    wrong = sum(a != b for a, b in zip(listed, by_depth, strict=True))
    return float(wrong), float(len(set(listed) ^ set(by_depth)))


@trap(
    section=SECTION,
    title="trainable_weights + non_trainable_weights",
    torch="A state_dict lists the parameters and the running statistics of a layer together.",
    keras="model.weights does so too; trainable_weights + non_trainable_weights moves all statistics to the end.",
    rule="Match weights by name.",
    wrong=5.0,
    right=0.0,
    thread="https://github.com/keras-team/keras/issues/10777",
    meets=of("batch_norm"),
    measure="arrays in another place by position; arrays without a partner by name",
)
def trainable_weights_first() -> tuple[float, float]:
    """trainable_weights + non_trainable_weights is a third order: with two batch norms 5 of 10 arrays have moved."""
    import keras

    model = keras.Sequential([keras.Input((8, 8, 4))])
    for name in ("one", "two"):
        model.add(keras.layers.Conv2D(4, 1, use_bias=False, name=f"conv_{name}"))
        model.add(keras.layers.BatchNormalization(name=f"norm_{name}"))
    listed = [weight.path for weight in model.weights]
    divided = [weight.path for weight in model.trainable_weights + model.non_trainable_weights]
    wrong = sum(a != b for a, b in zip(listed, divided, strict=True))
    return float(wrong), float(len(set(listed) ^ set(divided)))
