"""What else in the frame looks like a mask, and whether the head holds that for things.

The head judges each feature cell for itself and errs now and then. Cells that look alike are mostly alike, so the
head's opinion of them is a second one on the mask (label propagation in the space of frozen features).
"""

from __future__ import annotations

import cv2
import numpy as np

from perception.models.roles import FloatArray

_SHARE = 0.025
"""Of the frame's cells that are asked for their opinion."""


class Likeness:
    """One frame's cells, ready for any number of masks."""

    def __init__(self, features: FloatArray, thing: FloatArray) -> None:
        """`features` [C, h, w], and `thing` [h, w], 0..1, the head's chance of a thing."""
        cells = features.reshape(len(features), -1).T
        self._features = cells
        # What all cells of a frame share says nothing about one of them.
        self._cells = _unit(cells - cells.mean(axis=0))
        self._thing = thing.ravel()
        self._shape = (thing.shape[0], thing.shape[1])

    def look_at(self, logits: FloatArray) -> tuple[FloatArray, FloatArray]:
        """What the head thinks of what looks like each mask, [N], 0..1, and the mask's features, [N, C].

        `logits` [N, H, W] are positive inside. Asked are the cells outside the mask most like it; the features are
        the mean of the cells inside.
        """
        rows, columns = self._shape
        inside = np.stack(
            [
                cv2.resize((one > 0).astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA)
                for one in logits
            ]
        )
        around = np.stack([cv2.dilate(one, np.ones((3, 3), np.uint8)) for one in inside]) > 0
        weights = inside.reshape(len(logits), -1)
        # Cells that a mask only touches are left out, unless it has no others.
        weights = weights * (weights >= np.minimum(0.5, 0.99 * weights.max(axis=1, keepdims=True)))
        likeness = np.where(around.reshape(weights.shape), -2, _unit(weights @ self._cells) @ self._cells.T)
        count = max(1, round(_SHARE * len(self._thing)))
        nearest = np.argpartition(-likeness, count - 1, axis=1)[:, :count]
        opinions: FloatArray = self._thing[nearest].mean(axis=1).astype(np.float32)
        means = weights @ self._features / np.maximum(weights.sum(axis=1, keepdims=True), 1e-6)
        return opinions, means.astype(np.float32)


def _unit(vectors: FloatArray) -> FloatArray:
    """Of length 1, [N, C]."""
    found: FloatArray = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)
    return found
