"""Brings vectors of different models into one space in which alike things are near."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from perception.models.roles import FloatArray

Rows = NDArray[np.floating]
"""[N, D], any float type"""

_SAMPLE = 50_000
_CHUNK = 65_536
_DIMENSIONS = 32
_WHITENING = 0.5
"""0 keeps the principal components as large as they are, 1 makes all equally large. Half way does best: the
largest ones of the segmenter's features tell where in the picture a thing is, the smallest ones are noise."""


def mix(spaces: Sequence[tuple[Rows, float]], seed: int = 0) -> FloatArray:
    """One vector of length 1 for each thing, [N, at most 32], from several spaces [N, D], each with its weight.

    Each space is standardised by dimension and brought to length 1 times its weight; then all are joined,
    projected on the principal components and half whitened. Statistics come from at most 50,000 rows.
    """
    count = len(spaces[0][0])
    random = np.random.default_rng(seed)
    sample = np.sort(random.choice(count, _SAMPLE, replace=False)) if count > _SAMPLE else np.arange(count)
    statistics = [_statistics(rows[sample]) for rows, _ in spaces]

    def joined(chosen: NDArray[np.intp] | slice) -> NDArray[np.float32]:
        parts = [
            weight * unit((rows[chosen].astype(np.float32) - mean) / deviation)
            for (rows, weight), (mean, deviation) in zip(spaces, statistics, strict=True)
        ]
        return np.concatenate(parts, axis=1, dtype=np.float32)

    mean, basis = _components(joined(sample))
    result = np.empty((count, basis.shape[1]), np.float32)
    for start in range(0, count, _CHUNK):
        chunk = slice(start, start + _CHUNK)
        result[chunk] = _directed((joined(chunk) - mean) @ basis)
    return result


def unit(rows: Rows) -> FloatArray:
    """The rows scaled to length 1; rows of zeros stay."""
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: FloatArray = (rows / np.maximum(length, 1e-9)).astype(np.float32)
    return scaled


def _directed(rows: Rows) -> FloatArray:
    """As `unit`, but what lies in the middle of everything, and so has no direction, gets the first one."""
    lost = np.linalg.norm(rows, axis=1) < 1e-6
    scaled = unit(rows)
    scaled[lost] = np.eye(1, rows.shape[1], dtype=np.float32)
    return scaled


def _statistics(rows: Rows) -> tuple[FloatArray, FloatArray]:
    """Mean and deviation by dimension; a dimension that does not vary has the deviation 1."""
    wide = rows.astype(np.float32)
    deviation = wide.std(axis=0)
    return wide.mean(axis=0), np.where(deviation > 1e-6, deviation, 1).astype(np.float32)


def _components(rows: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean and projection [D, K]."""
    mean = rows.mean(axis=0)
    centred = (rows - mean).astype(np.float64)
    variances, vectors = np.linalg.eigh(centred.T @ centred / max(1, len(rows)))
    largest = np.argsort(-variances)[:_DIMENSIONS]
    largest = largest[variances[largest] > max(1e-12, 1e-6 * float(variances.max(initial=0.0)))]
    if not len(largest):  # all rows are equal
        largest = np.argsort(-variances)[:1]
    scale = np.maximum(variances[largest], 1e-12) ** (-_WHITENING / 2)
    # Eigenvectors have no sign of their own; without a rule it differs between linear algebra libraries.
    chosen = vectors[:, largest]
    signs = np.sign(chosen[np.abs(chosen).argmax(axis=0), np.arange(len(largest))])
    return mean, (chosen * signs * scale).astype(np.float32)
