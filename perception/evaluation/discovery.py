"""Discovery: how many objects were found, and how many "objects" are none."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_

import numpy as np

from perception.evaluation.annotations import Annotation, Comparison, ImagePair
from perception.masks import Mask, cover_matrix, iou_matrix

MOSTLY = 0.5
"""A mask lies on stuff when more than this share of its judged pixels does."""


@dataclass(frozen=True)
class Recall:
    """Which share of the objects was found, 0..1."""

    truths: int
    at_50: float
    """By a mask of IoU >= 0.5. Objects do not overlap, so no mask finds two."""
    at_75: float
    unknown_at_50: float
    """By a mask whose status is unknown."""
    best_iou: float
    """Mean over the objects of the best mask's IoU."""
    together_at_50: float
    """By a mask, or by all masks together that lie mostly on the object: class maps make one region of things that
    touch, and finding these one by one is no mistake."""


@dataclass(frozen=True)
class Discovery:
    """What `measure_discovery` tells."""

    overall: Recall
    by_class: dict[str, Recall] = field(default_factory=dict)
    annotations_per_frame: float = 0.0
    """Mean, after the limit."""
    unknown: int = 0
    """Unknown masks, after the limit."""
    unknown_on_stuff: float = float("nan")
    """Share of the unknown masks that lie mostly on stuff; NaN without unknown masks."""
    known_on_stuff: float = float("nan")
    unknown_judged: int = 0
    """Unknown masks with at least half of their pixels where the truth says what is there."""


def best_of(annotations: Sequence[Annotation], limit: int) -> list[Annotation]:
    """The `limit` annotations with the highest scores; of equal scores the ones with the lowest ids."""
    return sorted(annotations, key=lambda one: (-one.score, one.id))[:limit]


def measure_discovery(comparison: Comparison, classes: Sequence[str], limit: int) -> Discovery:
    """Recall over the truth's `classes`, and false objects, with at most `limit` annotations per frame."""
    found: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    tally: Counter[str] = Counter()
    kept = 0
    for pair in comparison.pairs:
        annotations = best_of(pair.predicted.annotations, limit)
        kept += len(annotations)
        for label, overlaps in _best_overlaps(pair, annotations, set(classes)):
            found[label].append(overlaps)
        tally.update(_false_objects(pair, annotations))
    return Discovery(
        _recall([one for rows in found.values() for one in rows]),
        {label: _recall(found[label]) for label in classes if label in found},
        kept / len(comparison.pairs),
        tally["unknown"],
        _share(tally["unknown on stuff"], tally["unknown"]),
        _share(tally["known on stuff"], tally["known"]),
        tally["unknown judged"],
    )


def _best_overlaps(
    pair: ImagePair, annotations: Sequence[Annotation], classes: set[str]
) -> list[tuple[str, tuple[float, float, float]]]:
    """Label and IoU of each object that counts: of the best mask, the best unknown one, and what lies on it."""
    truths = [one for one in pair.truth.annotations if one.label in classes]
    masks = [one.mask for one in annotations]
    overlaps = iou_matrix([one.mask for one in truths], masks)
    lies_on = cover_matrix(masks, [one.mask for one in truths]) > MOSTLY
    unknown = np.array([one.status == "unknown" for one in annotations], bool)
    found = []
    for place, (truth, row) in enumerate(zip(truths, overlaps, strict=True)):
        best = float(row.max(initial=0.0))
        together = _joint_iou(truth.mask, [mask for mask, on in zip(masks, lies_on[:, place], strict=True) if on])
        found.append((truth.label, (best, float(row[unknown].max(initial=0.0)), max(best, together))))
    return found


def _joint_iou(truth: Mask, parts: Sequence[Mask]) -> float:
    if not parts:
        return 0.0
    union = reduce(or_, parts)
    return (union & truth).area / (union | truth).area


def _false_objects(pair: ImagePair, annotations: Sequence[Annotation]) -> Counter[str]:
    """How many masks of each status there are, and how many of them lie mostly on stuff."""
    tally: Counter[str] = Counter(one.status for one in annotations)
    stuff, ignored = pair.truth.stuff, pair.truth.ignored
    if stuff is None:
        return tally
    regions = [stuff] if ignored is None else [stuff, ignored]
    covers = cover_matrix([one.mask for one in annotations], regions)
    for one, cover in zip(annotations, covers, strict=True):
        unjudged = float(cover[1]) if len(cover) > 1 else 0.0
        if unjudged <= MOSTLY:
            tally[f"{one.status} judged"] += 1
        if cover[0] > MOSTLY * (1 - unjudged) and cover[0] > 0:
            tally[f"{one.status} on stuff"] += 1
    return tally


def _recall(rows: Sequence[tuple[float, float, float]]) -> Recall:
    count = len(rows)
    if not count:
        nothing = float("nan")
        return Recall(0, nothing, nothing, nothing, nothing, nothing)
    return Recall(
        count,
        sum(best >= 0.5 for best, _, _ in rows) / count,
        sum(best >= 0.75 for best, _, _ in rows) / count,
        sum(unknown >= 0.5 for _, unknown, _ in rows) / count,
        sum(best for best, _, _ in rows) / count,
        sum(together >= 0.5 for _, _, together in rows) / count,
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
