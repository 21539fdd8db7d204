"""Masks at the decoder's low resolution: judged, thinned out and put in order before any is enlarged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from perception.models.roles import FloatArray, MaskCandidates

_STABILITY_OFFSET = 1.0
"""Logits; as in SAM's automatic mask generator."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """N masks of one frame."""

    logits: FloatArray
    """[N, h, w], > 0 is inside; covers the frame."""
    predicted_iou: FloatArray
    """[N], 0..1"""
    stability: FloatArray
    """[N], 0..1: IoU of the masks at a higher and a lower threshold."""
    objectness: FloatArray
    """[N], 0..1: mean chance of a thing inside the mask."""
    hint: NDArray[np.int64]
    """[N]: row of the detection that asked for it, -1 for the head's own prompts."""

    def __len__(self) -> int:
        return len(self.logits)

    @property
    def masks(self) -> NDArray[np.bool_]:
        """[N, h, w]"""
        inside: NDArray[np.bool_] = self.logits > 0
        return inside

    @property
    def scores(self) -> FloatArray:
        """[N], 0..1: a thing, and well outlined."""
        found: FloatArray = (self.objectness * self.predicted_iou * self.stability) ** (1 / 3)
        return found

    def take(self, rows: Sequence[int] | NDArray[np.int64]) -> Candidates:
        """These rows, in this order."""
        index = np.asarray(rows, np.int64)
        return Candidates(
            self.logits[index],
            self.predicted_iou[index],
            self.stability[index],
            self.objectness[index],
            self.hint[index],
        )

    @classmethod
    def join(cls, parts: Sequence[Candidates]) -> Candidates:
        """One after the other; at least one part."""
        return cls(
            np.concatenate([one.logits for one in parts]),
            np.concatenate([one.predicted_iou for one in parts]),
            np.concatenate([one.stability for one in parts]),
            np.concatenate([one.objectness for one in parts]),
            np.concatenate([one.hint for one in parts]),
        )


def judge(decoded: MaskCandidates, thing: FloatArray, hints: NDArray[np.int64], whole: float) -> Candidates:
    """The best mask of each prompt. `thing` [h', w'] is the head's map, `hints` [N] as in `Candidates.hint`.

    A point means a part or the whole. What is on a thing as a whole is the object, so a larger mask wins over
    a smaller one as long as its quality is at least `whole` of the best one's.
    """
    logits = decoded.logits
    prompts, _, height, width = logits.shape
    chance = cv2.resize(thing.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    inside = logits > 0
    area = inside.sum(axis=(2, 3))
    objectness = (inside * chance).sum(axis=(2, 3)) / np.maximum(area, 1)
    higher = (logits > _STABILITY_OFFSET).sum(axis=(2, 3))
    stability = higher / np.maximum((logits > -_STABILITY_OFFSET).sum(axis=(2, 3)), 1)
    # A detector's box is an object whatever the head thinks of it, and no part of one.
    hinted = (hints >= 0)[:, None]
    quality = decoded.predicted_iou * np.where(hinted, 1, objectness) * (area > 0)
    good = quality >= np.where(hinted, 1, whole) * quality.max(axis=1, keepdims=True)
    best = np.where(good, area, -1).argmax(axis=1)
    rows = np.arange(prompts)
    return Candidates(
        logits[rows, best],
        decoded.predicted_iou[rows, best],
        stability[rows, best].astype(np.float32),
        objectness[rows, best].astype(np.float32),
        hints,
    )


def overlap_matrices(masks: NDArray[np.bool_]) -> tuple[FloatArray, FloatArray]:
    """IoU of all pairs of masks [N, h, w], and which share of the row's mask lies in the column's, [N, N] each."""
    flat = masks.reshape(len(masks), -1).astype(np.float32)
    common = flat @ flat.T
    area = np.diag(common)
    union = area[:, None] + area[None, :] - common
    iou: FloatArray = np.asarray(common / np.maximum(union, 1), np.float32)
    share: FloatArray = np.asarray(common / np.maximum(area[:, None], 1), np.float32)
    return iou, share


def distinct(candidates: Candidates, priority: FloatArray, iou_limit: float, part_limit: float) -> list[int]:
    """Rows of the masks that stay, highest `priority` [N] first.

    A mask goes when it is nearly one that stays (IoU above `iou_limit`), or a part of it (more than `part_limit`
    of it lies inside) that no detection asked for.
    """
    iou, share = overlap_matrices(candidates.masks)
    kept: list[int] = []
    for row in np.argsort(-priority, kind="stable"):
        whole = candidates.hint[row] >= 0 or share[row, kept].max(initial=0) <= part_limit
        if whole and iou[row, kept].max(initial=0) <= iou_limit:
            kept.append(int(row))
    return kept
