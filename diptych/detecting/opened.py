"""A detector out of a file of weights, in any format and names that `convert` reads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..common.spec import Array
from ..conversion.configured import asked, check_configured, with_boxes
from ..conversion.convert import load_source
from ..files import source_format
from .detector import ObjectDetector, of_net, rules_of


def opened(
    weights: Path,
    name: str | None,
    cfg: Path | None,
    options: Mapping[str, Any],
    score: float | None = None,
    iou: float | None = None,
    labels: Path | None = None,
) -> tuple[ObjectDetector, Mapping[str, Array], dict[str, Any]]:
    """(the detector, its weights by canonical name, what a JSON file says of both).

    Raises DiptychError where the file is no detector's, or of several that compute different functions.
    """
    if name is not None:
        rules_of(name)
    chosen, options, said = asked(cfg, name, options)
    found, loaded, sha256 = load_source(weights, chosen, options)
    notes = [*found.notes, *check_configured(said, found.net, weights)]
    caution = source_format(weights).caution
    notes += [caution] if caution else []
    carried = with_boxes(found.checkpoint, said).stated.record.get("carried")
    detector = of_net(found.net, score, iou, labels, carried if isinstance(carried, dict) else {})
    rules = detector.rules.suppression
    if detector.rules.levels != rules_of(found.net.name).levels:
        notes.append("its anchors are not the network's own, but those of its file or .cfg")
    info: dict[str, Any] = {"network": found.net.name, "weights": weights.name, "sha256": sha256}
    info |= {"input_size": list(detector.size), "score": rules.score}
    info |= {"iou": rules.iou} if rules.sigma is None else {"sigma": rules.sigma}
    info |= {"notes": notes}
    return detector, loaded.weights, info
