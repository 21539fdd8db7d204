"""How well hidden parts were completed, and whether the order of occlusion is right."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from perception.evaluation.annotations import Annotation, Comparison, ImagePair
from perception.masks import BoolImage, iou_matrix

BANDS = ((0.0, 0.2), (0.2, 0.4), (0.4, 0.6), (0.6, 1.0))
"""Bands of the true occlusion rate: above the first number, up to the second."""

HIDDEN_FROM = 0.01
"""Below this true occlusion rate an object counts as unoccluded."""


@dataclass(frozen=True)
class Shapes:
    """Mean agreement of completed masks with the whole objects, 0..1; NaN for no objects."""

    objects: int
    full_iou: float
    """IoU of the whole masks."""
    hidden_iou: float
    """IoU of what lies outside the true visible mask."""
    visible_full_iou: float
    """IoU of the visible mask as it was given with the whole object: what doing nothing reaches."""


@dataclass(frozen=True)
class Unoccluded:
    """What objects that nothing hides lose by being completed."""

    objects: int
    mean_loss: float
    """IoU of the given visible mask less that of the completed one."""
    worst_loss: float
    losing: float
    """Share of the objects that lose more than 0.01."""


@dataclass(frozen=True)
class Order:
    """Pairs of which one hides the other."""

    pairs: int
    right: float
    reversed: float
    """The hidden one is said to be in front."""
    missing: float
    """Nothing is said, or the objects were not found."""
    false_pairs: int
    """Pairs that are said to hide each other and do not. Both are objects of the truth, and it tells the occlusion
    rate of the one that is said to be hidden."""


@dataclass(frozen=True)
class Amodal:
    """What `measure_amodal` tells."""

    occluded: Shapes
    by_method: Mapping[str, Shapes] = field(default_factory=dict)
    by_class: Mapping[str, Shapes] = field(default_factory=dict)
    by_rate: Mapping[str, Shapes] = field(default_factory=dict)
    by_extent: Mapping[str, Shapes] = field(default_factory=dict)
    unoccluded: Unoccluded = field(default_factory=lambda: _unoccluded([]))
    order: Order = field(default_factory=lambda: _order([], 0))
    not_found: int = 0
    """Occluded objects without a prediction; they count with what IoU 0 says."""


@dataclass(frozen=True)
class _Row:
    truth: Annotation
    method: str
    rate: float
    full: float
    hidden: float
    visible_full: float


def measure_amodal(comparison: Comparison, classes: Sequence[str]) -> Amodal:
    """Completed masks against the whole objects of `classes`, and predicted order against the true one.

    A prediction belongs to the object with its annotation id if their visible masks overlap, else to the one
    whose visible mask it fits with an IoU >= 0.5. One that was not completed counts with its visible mask.
    """
    rows: list[_Row] = []
    losses: list[float] = []
    judgements: list[str] = []
    false_pairs = missed = 0
    for pair in comparison.pairs:
        matches = match_objects(pair)
        for truth in pair.truth.annotations:
            if truth.amodal is None or truth.label not in classes:
                continue
            row = _row(truth, matches.get(truth.id))
            if row.rate >= HIDDEN_FROM:
                rows.append(row)
                missed += truth.id not in matches
            elif truth.id in matches:
                losses.append(row.visible_full - row.full)
        found, wrong = _judge_order(pair.truth.annotations, matches)
        judgements += found
        false_pairs += wrong
    return Amodal(
        _shapes(rows),
        _split(rows, lambda row: row.method),
        _split(rows, lambda row: row.truth.label),
        _split(rows, lambda row: _band(row.rate)),
        _split(rows, lambda row: _extent(row.truth)),
        _unoccluded(losses),
        _order(judgements, false_pairs),
        missed,
    )


def match_objects(pair: ImagePair) -> dict[int, Annotation]:
    """Truth's annotation id → the prediction of the same object; each prediction at most once."""
    truths, predictions = pair.truth.annotations, pair.predicted.annotations
    overlaps = iou_matrix([one.mask for one in truths], [one.mask for one in predictions])
    column = {one.id: j for j, one in enumerate(predictions)}
    matches: dict[int, Annotation] = {}
    taken: set[int] = set()
    for i, truth in enumerate(truths):
        j = column.get(truth.id)
        if j is not None and overlaps[i, j] > 0.3:
            matches[truth.id] = predictions[j]
            taken.add(j)
    for i, j in np.argwhere(overlaps >= 0.5)[np.argsort(-overlaps[overlaps >= 0.5], kind="stable")]:
        if truths[i].id not in matches and j not in taken:
            matches[truths[i].id] = predictions[j]
            taken.add(j)
    return matches


def _row(truth: Annotation, prediction: Annotation | None) -> _Row:
    visible = truth.mask.to_array()
    whole = visible if truth.amodal is None else visible | truth.amodal.to_array()
    hidden = whole & ~visible
    rate = hidden.sum() / whole.sum() if whole.any() else 0.0
    if prediction is None:
        return _Row(truth, "not found", float(rate), 0.0, 0.0, 0.0)
    given = prediction.mask.to_array()
    completed = given if prediction.amodal is None else prediction.amodal.to_array()
    method = "not completed" if prediction.amodal is None else prediction.method or "completed"
    return _Row(
        truth, method, float(rate), _iou(completed, whole), _iou(completed & ~visible, hidden), _iou(given, whole)
    )


def _iou(first: BoolImage, second: BoolImage) -> float:
    either = (first | second).sum()
    return float((first & second).sum() / either) if either else 1.0


def _judge_order(truths: Sequence[Annotation], matches: Mapping[int, Annotation]) -> tuple[list[str], int]:
    """One word for each true pair (hidden, occluder), and the number of pairs that are none."""
    predicted = {(one.id, front) for one in matches.values() for front in one.occluded_by or ()}
    ids = {one.id for one in truths}
    true_pairs = {(one.id, front) for one in truths for front in one.occluded_by or () if front in ids}
    words = []
    for hidden, front in sorted(true_pairs):
        if hidden not in matches or front not in matches:
            words.append("missing")
            continue
        behind, before = matches[hidden].id, matches[front].id
        if (behind, before) in predicted:
            words.append("right")
        else:
            words.append("reversed" if (before, behind) in predicted else "missing")
    back = {one.id: truth_id for truth_id, one in matches.items()}
    told = {(back[hidden], back[front]) for hidden, front in predicted if hidden in back and front in back}
    # What hides an object whose whole shape the truth does not know may hide it or not.
    judged = {one.id for one in truths if one.occluded_by is not None and one.occlusion_rate is not None}
    return words, sum(b in judged and (b, f) not in true_pairs and (f, b) not in true_pairs for b, f in told)


def _split(rows: Iterable[_Row], key: Callable[[_Row], str]) -> dict[str, Shapes]:
    groups: dict[str, list[_Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return {name: _shapes(groups[name]) for name in sorted(groups) if name}


def _band(rate: float) -> str:
    low, high = next((band for band in BANDS if rate <= band[1]), BANDS[-1])
    return f"{low:.0%} to {high:.0%}"


def _extent(truth: Annotation) -> str:
    if truth.full_extent_visible is None:
        return ""
    return "full extent visible" if truth.full_extent_visible else "full extent not visible"


def _shapes(rows: Sequence[_Row]) -> Shapes:
    return Shapes(
        len(rows),
        _mean([row.full for row in rows]),
        _mean([row.hidden for row in rows]),
        _mean([row.visible_full for row in rows]),
    )


def _unoccluded(losses: Sequence[float]) -> Unoccluded:
    losing = _mean([float(loss > 0.01) for loss in losses])
    return Unoccluded(len(losses), _mean(losses), max(losses, default=math.nan), losing)


def _order(words: Sequence[str], false_pairs: int) -> Order:
    shares = [_mean([float(word == kind) for word in words]) for kind in ("right", "reversed", "missing")]
    return Order(len(words), shares[0], shares[1], shares[2], false_pairs)


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else math.nan
