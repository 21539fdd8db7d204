"""Proposals of a frame, economically: the head says where, the segmenter says which pixels.

Boxes come first (a detector's, then the head's own), points afterwards and only where no mask covers
the thing yet.
All work on masks happens at the decoder's resolution.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from perception.boxes import box_iou
from perception.models.roles import Embedding, FloatArray, Prompts, Segmenter
from perception.proposals.candidates import Candidates, distinct, judge
from perception.proposals.head import Outlook
from perception.proposals.likeness import Likeness
from perception.proposals.mask_score import MaskScore
from perception.proposals.prompting import box_prompts, point_prompts, promising_boxes, promising_points


@dataclass(frozen=True)
class ProposalOptions:
    """What is asked, and what is kept."""

    boxes: int = 48
    """Most box prompts of the head in a frame."""
    points: int = 16
    """Most point prompts in a frame, asked after the boxes."""
    least_thing: float = 0.35
    """0..1: the head's chance of a thing below which nothing is asked."""
    box_overlap: float = 0.5
    """IoU with a better box above which a box is not asked."""
    least_iou: float = 0.35
    """Predicted IoU below which a mask goes."""
    least_stability: float = 0.6
    """Stability below which a mask goes."""
    least_quality: float = 0.45
    """`Candidates.quality` below which a mask goes, unless a detector asked for it."""
    least_chance: float = 0.58
    """`Candidates.chances` below which a mask goes, where there is no detector,"""
    least_chance_beside: float = 0.8
    """and beside one, unless it asked for the mask: it takes things that are easily told, so that of the other
    masks more are stuff."""
    least_covering: float = 0.0
    """`Candidates.chances` below which a mask does not keep points from being asked on it."""
    nearly_same: float = 0.6
    """IoU above which the worse of two masks goes."""
    part: float = 0.8
    """Share of a mask inside a better one above which it goes."""
    largest: float = 0.4
    """Share of the frame above which a mask is background."""
    annotations: int = 30
    """Most annotations of a frame."""


def propose(
    segmenter: Segmenter,
    embedding: Embedding,
    outlook: Outlook,
    hints: FloatArray,
    score: MaskScore,
    options: ProposalOptions,
) -> Candidates | None:
    """The frame's things, best first; `hints` [N, 4] are boxes in pixels that a detector gives. None: no prompts.

    The masks of hints come with the hint's row, and stay whatever the head thinks of them.
    """
    found: list[Candidates] = []
    likeness = Likeness(embedding.features, outlook.thing)

    def ask(prompts: Prompts, rows: np.ndarray[tuple[int], np.dtype[np.int64]]) -> None:
        if len(prompts):
            judged = judge(segmenter.decode(embedding, prompts), outlook.thing, likeness, rows)
            found.append(judged.take(_good_rows(judged, score, options)))

    size = np.array([embedding.width, embedding.height] * 2, np.float32)
    own = promising_boxes(outlook, options.boxes, options.least_thing, options.box_overlap)
    own = _without(own, hints / size, options.box_overlap)
    ask(box_prompts(hints), np.arange(len(hints)))
    ask(box_prompts(own * size), np.full(len(own), -1))
    covering = [one.take(np.flatnonzero(one.chances(score) >= options.least_covering)) for one in found]
    covered = _covered(covering, outlook.thing.shape)
    points = promising_points(outlook.thing, covered, options.points, options.least_thing)
    ask(point_prompts(points * size[:2]), np.full(len(points), -1))
    if not any(len(one) for one in found):
        return None
    return _best(Candidates.join(found), options)


def _good_rows(
    judged: Candidates, score: MaskScore, options: ProposalOptions
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    hinted = judged.hint >= 0
    share = judged.masks.mean(axis=(1, 2))
    good = (judged.predicted_iou >= options.least_iou) & (judged.stability >= options.least_stability)
    good &= (judged.quality >= options.least_quality) & (judged.chances(score) >= options.least_chance)
    good &= share <= options.largest
    return np.flatnonzero((good | hinted) & (share > 0))


def _without(boxes: FloatArray, known: FloatArray, overlap: float) -> FloatArray:
    if not len(known):
        return boxes
    return boxes[[bool(box_iou(box, known).max() <= overlap) for box in boxes]] if len(boxes) else boxes


def _covered(found: list[Candidates], shape: tuple[int, ...]) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Which feature cells lie in a mask, [h, w]."""
    masks = [mask for one in found for mask in one.masks]
    if not masks:
        return np.zeros((shape[0], shape[1]), bool)
    union = np.any(masks, axis=0).astype(np.float32)
    covered: np.ndarray[tuple[int, int], np.dtype[np.bool_]] = (
        cv2.resize(union, (shape[1], shape[0]), interpolation=cv2.INTER_AREA) > 0.5
    )
    return covered


def _best(candidates: Candidates, options: ProposalOptions) -> Candidates:
    # A detector's object stays whole even where the head would rather see its parts.
    priority = candidates.quality + (candidates.hint >= 0)
    kept = distinct(candidates, priority, options.nearly_same, options.part)
    return candidates.take(kept[: options.annotations])
