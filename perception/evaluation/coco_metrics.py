"""COCO's average precision and recall of masks, computed by pycocotools."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from perception.evaluation.annotations import Annotation, Comparison, ImagePair
from perception.masks import Mask

_IOUS = np.linspace(0.5, 0.95, 10)


@dataclass(frozen=True)
class PrecisionRecall:
    """COCO's figures, 0..1; NaN when the truth has no such object."""

    ap: float
    """Average precision, mean over IoU 0.50..0.95."""
    ap50: float
    ap75: float
    ar: float
    """Recall with at most `limit` masks per image, mean over IoU 0.50..0.95."""
    truths: int
    """Objects in the truth."""


def precision_recall(
    comparison: Comparison, label: str | None, classes: Sequence[str], limit: int
) -> PrecisionRecall:
    """COCO's figures over the truth's `classes` with at most `limit` masks per image.

    `label` None compares the masks whatever they are called; else only those of this class on both sides.
    Regions that the truth ignores, and its objects of other classes, count neither for nor against.
    """
    names = None if label is None else comparison.truth.same_class(label)
    wanted = set(classes) if label is None else {label}
    truths = _numbered(entry for n, pair in enumerate(comparison.pairs) for entry in _truths(n, pair, wanted))
    found = [
        _entry(n, one.mask) | {"score": one.score}
        for n, pair in enumerate(comparison.pairs)
        for one in pair.predicted.annotations
        if names is None or one.label.lower() in names
    ]
    count = sum(not entry["iscrowd"] for entry in truths)
    if not count or not found:
        nothing = 0.0 if count else float("nan")
        return PrecisionRecall(nothing, nothing, nothing, nothing, count)
    sizes = [(pair.truth.height, pair.truth.width) for pair in comparison.pairs]
    precision, recall = _evaluate(sizes, truths, found, limit)
    return PrecisionRecall(_mean(precision), _mean(precision[0]), _mean(precision[5]), _mean(recall), count)


def _numbered(entries: Any) -> list[dict[str, Any]]:
    # COCOeval takes the id 0 for "not matched", so the first is 1.
    return [entry | {"id": number} for number, entry in enumerate(entries, start=1)]


def _truths(image: int, pair: ImagePair, wanted: set[str]) -> list[dict[str, Any]]:
    def counts(one: Annotation) -> bool:
        return one.label in wanted

    entries = [_entry(image, one.mask, crowd=not counts(one)) for one in pair.truth.annotations]
    if pair.truth.ignored is not None and pair.truth.ignored.area:
        entries.append(_entry(image, pair.truth.ignored, crowd=True))
    return entries


def _entry(image: int, mask: Mask, *, crowd: bool = False) -> dict[str, Any]:
    return {
        "image_id": image,
        "category_id": 1,
        "segmentation": mask.to_coco(),
        "area": mask.area,
        "bbox": list(mask.box),
        "iscrowd": int(crowd),
    }


def _evaluate(
    sizes: Sequence[tuple[int, int]], truths: list[dict[str, Any]], found: list[dict[str, Any]], limit: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Precision [10 IoUs, 101 recalls] and recall [10 IoUs]."""
    truth = COCO()
    truth.dataset = {
        "images": [{"id": n, "height": height, "width": width} for n, (height, width) in enumerate(sizes)],
        "categories": [{"id": 1, "name": "object"}],
        "annotations": truths,
        "info": {},
    }
    with contextlib.redirect_stdout(io.StringIO()):  # pycocotools tells its progress on stdout
        truth.createIndex()
        evaluation = COCOeval(truth, truth.loadRes(found), "segm")
        evaluation.params.iouThrs = _IOUS
        evaluation.params.maxDets = [limit]
        evaluation.params.areaRng, evaluation.params.areaRngLbl = [[0, 1e10]], ["all"]
        evaluation.evaluate()
        evaluation.accumulate()
    precision: NDArray[np.float64] = evaluation.eval["precision"][:, :, 0, 0, 0]
    return precision, evaluation.eval["recall"][:, 0, 0, 0]


def _mean(values: NDArray[np.float64]) -> float:
    valid = values[values > -1]
    return float(valid.mean()) if valid.size else float("nan")
