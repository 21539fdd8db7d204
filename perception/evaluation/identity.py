"""How well objects keep their identity over the frames of a drive (Ristani et al. 2016, arXiv 1609.01775)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import nan

import numpy as np
from scipy.optimize import linear_sum_assignment

from perception.evaluation.annotations import Comparison
from perception.masks import iou_matrix


@dataclass(frozen=True)
class Identity:
    """Identity figures; NaN where the truth or the prediction has no tracks."""

    truths: int
    """Objects of the truth in tracks, summed over the frames."""
    tracks: int
    """Tracks of the truth."""
    idf1: float
    """Twice the objects found under their track's one matching name, over all true and all predicted ones."""
    id_recall: float
    """Share of the true objects that are found under that name."""
    kept: float
    """Share of the true objects in found tracks, under whatever name, that have that name."""
    switches: int
    """How often an object that is found goes on under another name."""


def measure_identity(comparison: Comparison) -> Identity:
    """Predicted against true tracks; masks with an IoU >= 0.5 show the same object.

    Each true track is matched with at most one predicted one, so that most objects agree.
    """
    together: Counter[tuple[int, int]] = Counter()
    last: dict[int, int] = {}
    true_count: Counter[int] = Counter()
    found_count = switches = 0
    for pair in comparison.pairs:
        truths = [one for one in pair.truth.annotations if one.track_id is not None]
        found = [one for one in pair.predicted.annotations if one.track_id is not None]
        found_count += len(found)
        true_count.update(one.track_id for one in truths if one.track_id is not None)
        overlaps = iou_matrix([one.mask for one in truths], [one.mask for one in found])
        for i, j in zip(*linear_sum_assignment(-overlaps), strict=True):
            truth, prediction = truths[i].track_id, found[j].track_id
            if overlaps[i, j] < 0.5 or truth is None or prediction is None:
                continue
            together[truth, prediction] += 1
            switches += last.get(truth, prediction) != prediction
            last[truth] = prediction
    total = sum(true_count.values())
    if not total or not found_count:
        return Identity(total, len(true_count), nan, nan, nan, 0)
    right = _matched(together)
    seen = sum(together.values())
    return Identity(
        total,
        len(true_count),
        idf1=2 * right / (total + found_count),
        id_recall=right / total,
        kept=right / seen if seen else nan,
        switches=switches,
    )


def _matched(together: Counter[tuple[int, int]]) -> int:
    """Objects in the best one-to-one matching of tracks."""
    rows = {track: i for i, track in enumerate(sorted({truth for truth, _ in together}))}
    columns = {track: j for j, track in enumerate(sorted({found for _, found in together}))}
    counts = np.zeros((len(rows), len(columns)), np.int64)
    for (truth, found), count in together.items():
        counts[rows[truth], columns[found]] = count
    return int(counts[linear_sum_assignment(-counts)].sum())
