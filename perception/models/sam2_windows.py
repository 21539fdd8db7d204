"""Which part of the frame SAM 2's decoder looks at for a prompt.

Most things in a street are small: their surroundings are enough to outline them, and the decoder's time grows with
the cells that it looks at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perception.models.roles import FloatArray, MaskCandidates

CELLS = 64
"""The feature map of the whole frame has 64 × 64."""
_SIDES = (24, 32, 48, CELLS)
"""Cells of a window's side."""
_AROUND = 2.0
"""A window's side in sides of the box that it is for, and a few cells more."""
_MORE = 4
_FOR_A_POINT = 32
"""A point does not say how large the thing is."""

_STRAY = 3
"""So many pixels of a mask at the border of its window are nothing."""


@dataclass(frozen=True, eq=False)
class Windows:
    """Square parts of the feature map, one for each of some prompts, all of one size."""

    rows: NDArray[np.int64]
    """[N]: which prompts."""
    side: int
    """Cells."""
    corners: NDArray[np.int64]
    """[N, 2]: left and top cell."""

    @property
    def whole(self) -> bool:
        """Whether each is the whole map."""
        return self.side == CELLS

    def cut(self, maps: FloatArray, finer: int = 1) -> FloatArray:
        """[N, C, s, s] of `maps` [1, C, h, w], which has `finer` × `finer` values a cell; all of it if whole."""
        if self.whole:
            return maps
        side = self.side * finer
        return np.stack([maps[0, :, y : y + side, x : x + side] for x, y in self.corners * finer])

    def paste(self, parts: FloatArray, into: FloatArray) -> None:
        """Set `parts` [N, M, s, s] into `into` [all prompts, M, S, S], which has as many values a cell."""
        finer = into.shape[-1] // CELLS
        side = self.side * finer
        for row, part, (x, y) in zip(self.rows, parts, self.corners * finer, strict=True):
            into[row, :, y : y + side, x : x + side] = part

    def cut_off(self, found: MaskCandidates) -> NDArray[np.int64]:
        """Which prompts' best masks in `found` (of all prompts) run into the window's border within the frame."""
        if self.whole:
            return self.rows[:0]
        size = found.logits.shape[-1]
        best = found.predicted_iou[self.rows].argmax(axis=1)
        rows = []
        for row, choice, (left, top) in zip(self.rows, best, self.corners * (size // CELLS), strict=True):
            right, bottom = (corner + self.side * (size // CELLS) for corner in (left, top))
            mask = found.logits[row, choice] > 0
            inner = mask[top + (top > 0) : bottom - (bottom < size), left + (left > 0) : right - (right < size)]
            if np.count_nonzero(mask) - np.count_nonzero(inner) > _STRAY:
                rows.append(row)
        return np.array(rows, np.int64)


def whole_map(rows: NDArray[np.int64]) -> Windows:
    """The whole map for each of these prompts."""
    return Windows(rows, CELLS, np.zeros((len(rows), 2), np.int64))


def windows(points: FloatArray, labels: FloatArray, together: int) -> Iterator[Windows]:
    """At most `together` prompts each: a part of the map for one box or one point, the whole map for others.

    `points` [N, P, 2] in cells, `labels` [N, P] as in `Prompts.labels`.
    """
    used = (labels >= 0)[..., None]
    used |= ~used.any(axis=1, keepdims=True)
    low = np.where(used, points, np.inf).min(axis=1)
    high = np.where(used, points, -np.inf).max(axis=1)
    extent = (high - low).max(axis=1)
    boxes = (labels >= 2).any(axis=1)
    # Several points inside a thing do not tell how far it reaches.
    wanted = np.where(boxes, _AROUND * extent + _MORE, np.where(used.sum(axis=(1, 2)) == 1, _FOR_A_POINT, CELLS))
    sides = np.array(_SIDES)[np.searchsorted(_SIDES[:-1], wanted)]
    middles = np.where(sides[:, None] < CELLS, (low + high) / 2, CELLS / 2)
    for side in _SIDES:
        rows = np.flatnonzero(sides == side)
        corners = np.rint(middles[rows] - side / 2).astype(np.int64).clip(0, CELLS - side)
        for start in range(0, len(rows), together):
            part = slice(start, start + together)
            yield Windows(rows[part], side, corners[part])
