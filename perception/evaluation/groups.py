"""How well clusters agree with the classes of the objects in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import adjusted_mutual_info_score, normalized_mutual_info_score

from perception.evaluation.annotations import Annotation, Comparison
from perception.masks import iou_matrix


@dataclass(frozen=True)
class Grouping:
    """Agreement of clusters with classes; NaN when there is nothing to compare."""

    objects: int
    """Clustered masks that show an object of the truth."""
    clusters: int
    nmi: float
    """Normalised mutual information, 0..1 (arithmetic mean of the entropies)."""
    ami: float
    """Adjusted mutual information: what chance would reach counts as 0."""
    purity: float
    """Share of the objects whose class is the commonest one of their cluster."""
    single_cluster_purity: float
    """The purity of one single cluster: the share of the commonest class."""
    grouped: float
    """Share of the objects that are in a cluster with others; the rest are clusters of their own."""


def measure_grouping(comparison: Comparison, classes: Sequence[str], *, unknown_only: bool = True) -> Grouping:
    """Clusters against classes, over the predictions that show an object of `classes` (IoU >= 0.5).

    A mask without a cluster is a cluster of its own. Raises nothing: without clusters all figures are NaN.
    """
    labels: list[str] = []
    clusters: list[int | None] = []
    for pair in comparison.pairs:
        truths = [one for one in pair.truth.annotations if one.label in classes]
        asked = [one for one in pair.predicted.annotations if one.status == "unknown" or not unknown_only]
        for one, label in zip(asked, _labels(asked, truths), strict=True):
            if label:
                labels.append(label)
                clusters.append(one.cluster_id)
    if all(cluster is None for cluster in clusters):
        clusters = []
    return agreement(labels if clusters else [], clusters)


def _labels(asked: Sequence[Annotation], truths: Sequence[Annotation]) -> list[str]:
    """The class that each mask shows; "" for none."""
    overlaps = iou_matrix([one.mask for one in asked], [one.mask for one in truths])
    if not truths:
        return [""] * len(asked)
    best = overlaps.argmax(axis=1)
    return [truths[i].label if row[i] >= 0.5 else "" for i, row in zip(best, overlaps, strict=True)]


def agreement(labels: Sequence[str], clusters: Sequence[int | None]) -> Grouping:
    """The figures for objects of these classes in these clusters (None: a cluster of its own)."""
    if not labels:
        nothing = float("nan")
        return Grouping(0, 0, nothing, nothing, nothing, nothing, nothing)
    alone = max((cluster for cluster in clusters if cluster is not None), default=0) + 1
    ids = [alone + i if cluster is None else cluster for i, cluster in enumerate(clusters)]
    members: dict[int, Counter[str]] = {}
    for cluster, label in zip(ids, labels, strict=True):
        members.setdefault(cluster, Counter())[label] += 1
    sizes = np.array([sum(counts.values()) for counts in members.values()])
    right = sum(counts.most_common(1)[0][1] for counts in members.values())
    return Grouping(
        objects=len(labels),
        clusters=len(members),
        nmi=float(normalized_mutual_info_score(labels, ids)),
        ami=float(adjusted_mutual_info_score(labels, ids)),
        purity=right / len(labels),
        single_cluster_purity=Counter(labels).most_common(1)[0][1] / len(labels),
        grouped=float(sizes[sizes > 1].sum() / len(labels)),
    )
