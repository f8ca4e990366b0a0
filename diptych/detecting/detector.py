"""A detector by name: from images to its network's input, from raw maps to boxes, and both with a model between."""

from __future__ import annotations

import dataclasses
import importlib
import numbers
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from .. import backends
from ..common import reference
from ..common.backend import in_order
from ..common.detection.checks import require_size
from ..common.detection.detector import Detector
from ..common.detection.letterbox import Placement, letterbox, to_image
from ..common.errors import DiptychError
from ..common.registry import network, networks
from ..common.rewriting.fold import SUFFIX
from ..common.spec import Array, Net
from ..common.weights import checked
from ..conversion.configured import asked
from ..files.boxes import carried, with_levels
from .images import PIXELS, pixels, several
from .labels import checked_labels, default_labels, listed, read_labels
from .results import Detections, Places

BATCH = 8
"""Images that go through a network at once, unless another number is asked for."""


@dataclass(frozen=True)
class ObjectDetector:
    """A network, what its raw maps mean and which boxes are kept (`rules`), and the names of its classes.

    A `model` is a torch module or a Keras model of the network, or its weights by canonical name, which NumPy then
    runs in float64: slowly, and exactly. Everything after the raw maps is done by the model's own framework.
    """

    net: Net
    rules: Detector
    labels: tuple[str, ...]

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the network's input."""
        _, height, width = map(int, self.net.input_shape)
        return height, width

    def prepared(self, image: Any) -> tuple[Array, Placement]:
        """One image, a path, an array or a PIL image, as input (3, H, W) in float64, and where it stands in that."""
        values, placement = letterbox(pixels(image), self.size, self.rules.fit)
        return values.transpose(2, 0, 1), placement

    def preprocess(
        self, images: Any, layout: Literal["NCHW", "NHWC"] = "NCHW", dtype: str = "float32"
    ) -> tuple[Array, list[Placement]]:
        """One image or several as a batch for PyTorch (NCHW) or TensorFlow (NHWC), and where each stands in its input.

        Raises FileError for one that cannot be read, DiptychError for one that is none, for none at all, and for a
        dtype that is of no floating-point numbers.
        """
        if layout not in ("NCHW", "NHWC"):
            raise DiptychError(f"layout is 'NCHW', as PyTorch has it, or 'NHWC', as TensorFlow has it, not {layout!r}")
        found = [self.prepared(image) for image in several(images)]
        if not found:
            raise DiptychError("there is no image to preprocess; give one or more")
        batch = np.stack([values for values, _ in found]).astype(_float(dtype))
        if layout == "NHWC":
            batch = np.ascontiguousarray(batch.transpose(0, 2, 3, 1))
        return batch, [placement for _, placement in found]

    def decode(self, maps: Any) -> tuple[Any, Any]:
        """Boxes (N, M, 4), corners in pixels of the input, and scores (N, M, classes) of the raw maps of all levels.

        The maps are tensors of either framework, or NumPy arrays (N, C, H, W); a dict by their names or a sequence in
        the network's order. The answers are of the same kind. Raises DiptychError for maps of another order or layout,
        or of another number of classes.
        """
        ordered = in_order(self.net, maps)
        return self._decoded(_side_of(ordered), ordered)

    def detect(self, images: Any, model: Any, *, batch: int = BATCH) -> list[Detections]:
        """What a model finds in each image, in their order; `batch` images are in memory at once.

        Raises DiptychError for what is no model of the network, and where a raw map has NaN in it.
        """
        return list(self.stream(images, model, batch=batch))

    def stream(self, images: Any, model: Any, *, batch: int = BATCH) -> Iterator[Detections]:
        """The same one after the other, for more images than their findings should be kept of."""
        _require_batch(batch)
        self.require(model)
        waiting = list[tuple[Array, Placement]]()
        for image in several(images):
            waiting.append(self.prepared(image))
            if len(waiting) == batch:
                yield from self.run(waiting, model)
                waiting.clear()
        if waiting:
            yield from self.run(waiting, model)

    def require(self, model: Any) -> None:
        """Raises DiptychError for what is neither a model nor weights, WeightsError for weights of another network."""
        if isinstance(model, Mapping):
            checked(self.net, model, "the weights given")
            return
        if model is None or isinstance(model, str):
            raise DiptychError(
                f"detect takes a model: a torch module or a Keras model of {self.net.name}, or for NumPy its weights "
                f"by canonical name; it was given {model!r}"
            )
        side = backends.framework_of(model)
        other = backends.get(side).network_of(model)
        if other in networks() and network(other).detector is not None and other != self.net.name.removesuffix(SUFFIX):
            raise DiptychError(
                f"the model is {other}, and the detector is for {self.net.name}, whose raw maps mean other boxes; make "
                f"it by detector({other!r})"
            )
        if side == "tf":
            height, width = self.size
            taken = tuple(getattr(model, "input_shape", None) or (None, height, width, 3))
            if taken[1:] != (height, width, 3):
                raise DiptychError(
                    f"the model takes images of {taken[1:]} (height, width, channels), and {self.net.name} here of "
                    f"{(height, width, 3)}; give detector the input_size of the model"
                )

    def run(self, inputs: Sequence[tuple[Array, Placement]], model: Any) -> list[Detections]:
        """What a model finds in the images that `prepared` gave these inputs for, all of them at once."""
        batch = np.stack([values for values, _ in inputs])
        if isinstance(model, Mapping):
            side, maps = "numpy", reference.outputs(self.net, model, batch)
        else:
            side = backends.framework_of(model)
            maps = backends.get(side).tensors(model, self.net, batch)
        self._require_numbers(maps)
        boxes, scores = self._decoded(side, maps)
        found = _room(side, "nms").nms(boxes, scores, **dataclasses.asdict(self.rules.suppression))
        boxes, scores, classes, places, count = map(_array, found)
        return [
            self._detections(boxes[i, :n], scores[i, :n], classes[i, :n], places[i, :n], inputs[i][1])
            for i, n in enumerate(count)
        ]

    def _decoded(self, side: str, maps: Sequence[Any]) -> tuple[Any, Any]:
        boxes, scores = _room(side, "decode").decode(maps, self.rules)
        if scores.shape[2] != len(self.labels):
            raise DiptychError(
                f"the raw maps have {scores.shape[2]} classes, and {self.net.name} here has {len(self.labels)}; give "
                "detector the num_classes of the model"
            )
        return boxes, scores

    def _detections(self, boxes: Array, scores: Array, classes: Places, places: Places, place: Placement) -> Detections:
        corners = to_image(boxes.astype(np.float64), place)
        labels = tuple(self.labels[number] for number in classes)
        height, width = place.image
        return Detections(corners, scores.astype(np.float64), classes, labels, places, (height, width))

    def _require_numbers(self, maps: Sequence[Any]) -> None:
        """Raises DiptychError where a map has NaN or infinity in it, which later steps would drop in silence."""
        for number, (name, value) in enumerate(zip(self.net.shown_outputs, maps, strict=True), start=1):
            array = _array(value)
            if not np.isfinite(array).all():
                what = "NaN" if np.isnan(array).any() else "infinity"
                raise DiptychError(
                    f"{self.net.name}: its raw map {name} ({number} of {len(maps)}) has {what} in it: its weights or "
                    "running statistics are damaged, or too large for the dtype"
                )


def detector(
    name: str | Net,
    *,
    num_classes: int | None = None,
    input_size: int | tuple[int, int] | None = None,
    cfg: str | Path | None = None,
    score: float | None = None,
    iou: float | None = None,
    labels: str | Path | Iterable[str] | None = None,
) -> ObjectDetector:
    """The detector of a name, or of a traced network, with its authors' rules.

    `score` and `iou` are the thresholds, from 0 to 1: boxes of this score or less are left out, and so are those that
    overlap a better one of their class, of EfficientDet of any class, by more than `iou`, which also takes the place
    of soft-NMS. `cfg`, a file of Darknet's, says classes, input size and anchors of a detector that was trained on
    other things. The sides of the input are multiples of the largest stride. `labels` are the
    names of the classes, or a file with one on each line; without them COCO's, where the number of classes is COCO's.

    >>> found = detector("yolov4_tiny", score=0.5)
    >>> found.size, found.labels[:2]
    ((416, 416), ('person', 'bicycle'))

    Raises DiptychError for a network that is no detector, thresholds outside [0, 1], and a wrong number of labels.
    """
    if isinstance(name, Net):
        if any(value is not None for value in (num_classes, input_size, cfg)):
            raise DiptychError("detector got num_classes, input_size or cfg with a Net, whose options are fixed")
        return of_net(name, score, iou, labels)
    rules_of(name)
    options: dict[str, Any] = {"num_classes": num_classes, "input_size": input_size}
    _, options, said = asked(cfg, name, options)
    return of_net(network(name).trace(**options), score, iou, labels, carried(said))


def rules_of(name: str) -> Detector:
    """The rules of a detector by name; raises DiptychError, with the detectors there are, for another network."""
    rules = network(name).detector
    if rules is None:
        known = ", ".join(name for name in networks() if network(name).detector is not None)
        raise DiptychError(f"{name} is no detector: it answers with no boxes; the detectors are {known}")
    return rules


def of_net(
    net: Net,
    score: float | None = None,
    iou: float | None = None,
    labels: str | Path | Iterable[str] | None = None,
    said: Mapping[str, Any] | None = None,
) -> ObjectDetector:
    """The detector of a traced network; see `detector`. `said` is what a file carries, which may be other anchors."""
    rules = with_levels(rules_of(net.name), said or {})
    if int(net.input_shape[0]) != 3:
        raise DiptychError(f"{net.name} here takes images of {net.input_shape[0]} channels, and pictures have 3")
    classes = dict(net.options).get("num_classes", network(net.name).num_classes)
    if not classes:
        raise DiptychError(f"{net.name} with num_classes=0 has no head, and so no boxes")
    _, height, width = map(int, net.input_shape)
    require_size(net.name, (height, width), rules)
    if height * width > PIXELS:
        raise DiptychError(f"{net.name} at {height}x{width} has an input of more than {PIXELS:,} pixels")
    wanted = rules.suppression
    if score is not None:
        wanted = dataclasses.replace(wanted, score=score)
    if iou is not None:
        wanted = dataclasses.replace(wanted, iou=iou, sigma=None)
    if labels is None:
        names = default_labels(classes)
    else:
        read = read_labels(Path(labels)) if isinstance(labels, (str, Path)) else listed(labels)
        names = checked_labels(read, classes, net.name)
    return ObjectDetector(net, dataclasses.replace(rules, suppression=wanted), names)


def _side_of(maps: Sequence[Any]) -> str:
    """Whose the maps are, "numpy", "torch" or "tf"; raises DiptychError for anything else."""
    if all(isinstance(value, np.ndarray) for value in maps):
        return "numpy"
    sides = {backends.framework_of(value) for value in maps}
    if len(sides) != 1:
        raise DiptychError("the raw maps are of one framework, not of two")
    return sides.pop()


def _room(side: str, name: str) -> Any:
    """The file of a name in the `detection` folder of NumPy or of a framework."""
    if side != "numpy":
        backends.get(side)  # says what to install
    tree = "common" if side == "numpy" else backends.NAMES[side]
    return importlib.import_module(f"..{tree}.detection.{name}", __package__)


def _require_batch(batch: Any) -> None:
    if not isinstance(batch, numbers.Integral) or batch < 1:
        raise DiptychError(f"batch is a whole number, 1 or more, not {batch!r}")


def _float(dtype: Any) -> np.dtype[Any]:
    """A dtype of floating-point numbers; raises DiptychError for any other."""
    try:
        found: np.dtype[Any] = np.dtype(dtype)
    except TypeError:
        found = np.dtype(object)
    if found.kind != "f":
        raise DiptychError(f"dtype is a floating-point type such as 'float32', not {dtype!r}")
    return found


def _array(value: Any) -> Array:
    if isinstance(value, np.ndarray):
        return value
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        value = value.float() if value.element_size() == 2 else value  # NumPy has no bfloat16
    found: Array = value.numpy()
    return found
