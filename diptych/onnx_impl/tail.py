"""What stands behind a detector in an ONNX model: boxes and scores, or what suppression leaves of them."""

from __future__ import annotations

from ..common.detection.detector import Detector, Suppression
from ..common.errors import DiptychError
from ..common.onnx_graph import Field, Graph, Operator, Operators
from .decode import decode
from .nms import nms


class Tail(Operators):
    """The operators behind a network of raw maps, and their outputs.

    With a `suppression`: boxes (N, max_boxes, 4), scores and classes (N, max_boxes) and count (N,), as `Found` has
    them; else boxes (N, M, 4) and scores (N, M, classes). `decoded` are the values that suppression begins with.
    """

    def __init__(self, graph: Graph, detector: Detector, suppression: Suppression | None) -> None:
        """Raises DiptychError where they cannot be written."""
        super().__init__(graph.dtype)
        if graph.double:
            raise DiptychError(
                "boxes inside of an ONNX model are float32, as its NonMaxSuppression takes them; export the raw maps "
                "in float64, or all of it in float32"
            )
        self.maps = tuple(graph.outputs)
        shapes = [tuple(map(int, graph.net.nodes[index].shape)) for index in graph.net.outputs]
        boxes, scores, number, classes = decode(self, self.maps, shapes, detector)
        self.decoded = boxes, scores
        self.outputs: tuple[Field, ...] = (
            Field("boxes", self.dtype, ("batch", number, 4)),
            Field("scores", self.dtype, ("batch", number, classes)),
        )
        values: tuple[str, ...] = self.decoded
        if suppression:
            values, most = nms(self, (boxes, scores, number, classes), suppression), suppression.max_boxes
            self.outputs = (
                Field("boxes", self.dtype, ("batch", most, 4)),
                Field("scores", self.dtype, ("batch", most)),
                Field("classes", "int64", ("batch", most)),
                Field("count", "int64", ("batch",)),
            )
        for field, value in zip(self.outputs, values, strict=True):
            self._own.append(Operator("Identity", f"{field.name}.Identity", (value,), field.name))

    @property
    def names(self) -> list[str]:
        """The names of the outputs."""
        return [field.name for field in self.outputs]
