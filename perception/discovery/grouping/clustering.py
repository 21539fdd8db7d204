"""Finds groups of near vectors: EVoC (approximate neighbours and density) for many, average linkage for few.

EVoC ("embedding vector oriented clustering", Tutte Institute, BSD) gives layers of clusters from fine to coarse.
"""

from __future__ import annotations

import logging
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import AgglomerativeClustering
from sklearn.metrics import silhouette_score

from perception.discovery.grouping.mixing import unit
from perception.models.roles import FloatArray

_LOG = logging.getLogger(__name__)

Groups = NDArray[np.int64]
"""[N]: the group's number, or -1 for what is like nothing else"""

FEW = 60
"""Up to this many vectors are compared each with each."""

_NEIGHBOURS = 10
_SMALLEST = 5
_TRIES = 4
_SAMPLE = 4_000
_NEARLY_AS_GOOD = 0.7
_FEW_APART = 0.95
"""Cosine distance of the averages of two groups; vectors that have nothing in common are at 1."""


def group(vectors: FloatArray, seed: int = 0) -> Groups:
    """Groups of vectors of length 1, [N, D]. The same vectors and seed give the same groups."""
    if len(vectors) <= FEW:
        return _few(vectors)
    _tell_of_compiling()
    # EVoC's layout is random; of few vectors it is quick, so that several are tried and the best one is taken.
    tries = _TRIES if len(vectors) <= _SAMPLE else 1
    layers = [layer for number in range(tries) for layer in _layers(vectors, seed + number)]
    layers.sort(key=lambda layer: int(layer.max()), reverse=True)
    chosen = _best_layer(vectors, layers, seed)
    return _adopt(vectors, chosen)


def _tell_of_compiling() -> None:
    """EVoC's code is compiled by numba, which keeps the result beside it: minutes once, seconds afterwards."""
    found = find_spec("evoc")
    if found and found.origin and not any(Path(found.origin).parent.glob("__pycache__/*.nbc")):
        _LOG.warning("The first time, grouping takes some minutes more: EVoC compiles its code, and keeps it.")


def _few(vectors: FloatArray) -> Groups:
    if len(vectors) < 2:
        return np.full(len(vectors), -1, np.int64)
    linkage = AgglomerativeClustering(None, metric="cosine", linkage="average", distance_threshold=_FEW_APART)
    found: Groups = linkage.fit_predict(vectors).astype(np.int64)
    return _without_singletons(found)


def _without_singletons(groups: Groups) -> Groups:
    _, position, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    return np.where(sizes[position] > 1, groups, -1)


def _layers(vectors: FloatArray, seed: int) -> list[Groups]:
    """From fine to coarse."""
    from evoc import EVoC  # compiles for seconds when it is imported

    model = EVoC(n_neighbors=_NEIGHBOURS, base_min_cluster_size=_SMALLEST, random_state=seed)
    try:
        model.fit(np.ascontiguousarray(vectors, np.float32))
    except ValueError:
        # It cannot lay out data that falls apart into very few pieces, such as many copies of a handful of things.
        return [_few(vectors)] if len(vectors) <= _SAMPLE else [np.zeros(len(vectors), np.int64)]
    return [np.asarray(layer, np.int64) for layer in model.cluster_layers_]


def _best_layer(vectors: FloatArray, layers: list[Groups], seed: int) -> Groups:
    """The coarsest layer that parts the vectors nearly as well as the best one: fewer groups, fewer decisions."""
    scores = [_quality(vectors, layer, seed) for layer in layers]
    enough = _NEARLY_AS_GOOD * max(scores)
    return next(layer for layer, score in reversed(list(zip(layers, scores, strict=True))) if score >= enough)


def _quality(vectors: FloatArray, groups: Groups, seed: int) -> float:
    """Silhouette (Rousseeuw 1987) of a sample of what is grouped, times the share that is grouped."""
    inside = np.flatnonzero(groups >= 0)
    share = len(inside) / len(groups)
    if len(inside) > _SAMPLE:
        inside = np.sort(np.random.default_rng(seed).choice(inside, _SAMPLE, replace=False))
    kinds = len(np.unique(groups[inside]))
    if not 2 <= kinds < len(inside):
        return 0.0
    return share * max(0.0, float(silhouette_score(vectors[inside], groups[inside], metric="cosine")))


def _adopt(vectors: FloatArray, groups: Groups) -> Groups:
    """Gives what EVoC left alone to the nearest group, if it is as near as most of that group's own members."""
    numbers = np.unique(groups[groups >= 0])
    if not len(numbers):
        return groups
    centres, reach = centres_of(vectors, groups, numbers)
    alone = np.flatnonzero(groups < 0)
    result = groups.copy()
    for start in range(0, len(alone), 16_384):
        some = alone[start : start + 16_384]
        nearness = vectors[some] @ centres.T
        best = nearness.argmax(axis=1)
        near = nearness[np.arange(len(some)), best] >= reach[best]
        result[some[near]] = numbers[best[near]]
    return result


def centres_of(vectors: FloatArray, groups: Groups, numbers: Groups) -> tuple[FloatArray, FloatArray]:
    """Centres of the groups with these (sorted) numbers, [G, D], of length 1, and the cosine to the centre that
    98 % of a group's members exceed, [G]."""
    inside = np.flatnonzero(groups >= 0)
    position = np.searchsorted(numbers, groups[inside])
    sums = np.zeros((len(numbers), vectors.shape[1]), np.float32)
    np.add.at(sums, position, vectors[inside])
    centres = unit(sums)
    nearness = np.einsum("ij,ij->i", vectors[inside], centres[position])
    order = np.lexsort((nearness, position))
    starts = np.searchsorted(position[order], np.arange(len(numbers)))
    sizes = np.bincount(position, minlength=len(numbers))
    return centres, nearness[order][starts + (0.02 * sizes).astype(np.intp)].astype(np.float32)
