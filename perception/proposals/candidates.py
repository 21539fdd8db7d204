"""Masks at the decoder's low resolution: judged, thinned out and put in order before any is enlarged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import cv2
import numpy as np
from numpy.typing import NDArray

from perception.models.roles import FloatArray, MaskCandidates
from perception.proposals.likeness import Likeness
from perception.proposals.mask_score import MaskScore, measures

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
    """[N], 0..1: mean chance of a thing inside the mask, and of what looks like it elsewhere in the frame."""
    contrast: FloatArray
    """[N], 0..1: how much more of a thing the mask is than what surrounds it; 0.5 where there is no difference."""
    surest: FloatArray
    """[N], 0..1: the head's chance of a thing where it is highest inside the mask."""
    hint: NDArray[np.int64]
    """[N]: row of the detection that asked for it, -1 for the head's own prompts."""
    features: FloatArray
    """[N, C]: mean of the segmenter's features inside the mask."""

    def __len__(self) -> int:
        return len(self.logits)

    @property
    def masks(self) -> NDArray[np.bool_]:
        """[N, h, w]"""
        inside: NDArray[np.bool_] = self.logits > 0
        return inside

    @property
    def quality(self) -> FloatArray:
        """[N], 0..1: a thing, and well outlined; of masks of the same thing the one with the highest is taken."""
        found: FloatArray = (self.objectness * self.contrast * self.predicted_iou * self.stability) ** (1 / 4)
        return found

    @property
    def measured(self) -> FloatArray:
        """[N, len(MEASURES)], see `mask_score.measures`."""
        area = (self.logits > 0).mean(axis=(1, 2), dtype=np.float32)
        return measures(self.objectness, self.contrast, self.predicted_iou, self.stability, area, self.surest)

    def chances(self, score: MaskScore) -> FloatArray:
        """[N], 0..1: of being a thing, and not a piece of stuff."""
        return score.chances(self.measured, self.features)

    def take(self, rows: Sequence[int] | NDArray[np.int64]) -> Candidates:
        """These rows, in this order."""
        index = np.asarray(rows, np.int64)
        return Candidates(*(getattr(self, one.name)[index] for one in fields(self)))

    @classmethod
    def join(cls, parts: Sequence[Candidates]) -> Candidates:
        """One after the other; at least one part."""
        return cls(*(np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(cls)))


def judge(
    decoded: MaskCandidates, thing: FloatArray, likeness: Likeness | None, hints: NDArray[np.int64]
) -> Candidates:
    """The masks of each prompt, judged. `thing` [h', w'] is the head's map, `hints` [N] as in `Candidates.hint`.

    A detector's box says what is meant: its mask of the highest predicted IoU counts. What the head asks for
    may be a part or the whole: all masks of it come along, and `distinct` decides among them.
    Without `likeness` objectness is the head's opinion of the mask alone, and the masks have no features.
    """
    _, choices, height, width = decoded.logits.shape
    area = (decoded.logits > 0).sum(axis=(2, 3))
    best = np.where(area > 0, decoded.predicted_iou, -1).argmax(axis=1)
    row, choice = np.nonzero((hints < 0)[:, None] | (np.arange(choices) == best[:, None]))
    logits = decoded.logits[row, choice]
    chance = np.asarray(cv2.resize(thing, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
    inside = (logits > 0).astype(np.uint8)
    objectness = _mean_inside(chance, inside)
    around = _mean_inside(chance, _surroundings(inside))
    contrast = np.asarray(np.clip(0.5 + objectness - around, 0, 1), np.float32)
    features = np.zeros((len(logits), 0), np.float32)
    if likeness is not None:
        opinions, features = likeness.look_at(logits)
        objectness = np.asarray((objectness + opinions) / 2, np.float32)
    higher = (logits > _STABILITY_OFFSET).sum(axis=(1, 2))
    stability = (higher / np.maximum((logits > -_STABILITY_OFFSET).sum(axis=(1, 2)), 1)).astype(np.float32)
    surest = (chance * inside).max(axis=(1, 2), initial=0)
    return Candidates(
        logits,
        decoded.predicted_iou[row, choice],
        stability,
        objectness,
        contrast,
        surest,
        hints[row],
        features,
    )


def _mean_inside(chance: FloatArray, masks: NDArray[np.uint8]) -> FloatArray:
    """Mean of `chance` [h, w] over each of `masks` [N, h, w]; 0 for an empty mask."""
    flat = masks.reshape(len(masks), -1).astype(np.float32)
    found: FloatArray = np.asarray(flat @ chance.ravel() / np.maximum(flat.sum(axis=1), 1), np.float32)
    return found


def _surroundings(masks: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What lies within a 64th of the frame around each of `masks` [N, h, w]."""
    reach = max(1, max(masks.shape[1:]) // 64)
    kernel = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    return np.stack([cv2.dilate(one, kernel) - one for one in masks])


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
