"""An object to complete: what a method is told of it, and what a method is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import cv2
import numpy as np

from perception.frame import RGBImage
from perception.masks import BoolImage
from perception.occlusion.order import Pair
from perception.occlusion.pair_features import Claim
from perception.occlusion.roughness import apart, covering, disc, seam_width
from perception.occlusion.shapes import Shapes
from perception.occlusion.window import FloatImage


@dataclass(frozen=True, eq=False)
class Task:
    """An object to complete. Masks are bool [height, width] of one frame."""

    visible: BoolImage
    may_hide: BoolImage
    """Where something in front may hide a part of it; nowhere: nobody knows of anything in front of it."""
    label: str
    in_front: FloatImage | None = None
    """float32 [height, width], 0..1: how sure it is that what is seen there stands before the object; 0 where
    nothing known is. None: as sure as can be wherever `may_hide` is."""
    neighbours: BoolImage | None = None
    """All other objects of the frame; None: not known, or none but those of `may_hide`."""
    exact: bool = True
    """Whether the frame's masks fit each other; else their outlines are off by a pixel or more."""
    apart: bool = False
    """Whether there is a gap between it and what hides it: one is too small, or something thin is in between."""
    image: RGBImage | None = None
    """The frame's pixels, uint8 RGB [height, width, 3], for methods that look at them."""
    elsewhere: Shapes | None = None
    """The same object where it is seen whole in other frames; None or empty: not known."""


Answer = tuple[BoolImage, float]
"""The whole object, bool [height, width], and the estimated IoU of its hidden part, 0..1."""


class Method(Protocol):
    """One way to find amodal shapes."""

    @property
    def name(self) -> str:
        """As in `Completion.method`."""
        ...

    def complete(self, tasks: Sequence[Task]) -> Sequence[Answer | None]:
        """One answer for each task, in their order; None where it has no idea. The tasks are of one frame, at most
        16 of its objects at a time."""
        ...


@runtime_checkable
class Claimant(Protocol):
    """A method that tells how objects would go on behind their neighbours: it helps to judge the order."""

    def claims(
        self, masks: Sequence[BoolImage], labels: Sequence[str], rough: bool, places: Sequence[int]
    ) -> Mapping[int, Claim]:
        """For the objects at `places`; visible masks [height, width] and class names are all those of a frame.

        `rough`: the masks are off by a pixel or more.
        """
        ...


def frame_tasks(
    masks: Sequence[BoolImage],
    labels: Sequence[str],
    pairs: Mapping[Pair, float],
    image: RGBImage | None = None,
    rough: bool = False,
) -> Iterator[Task]:
    """One task for each of a frame's objects. `pairs` has no cycles; `rough`: masks are off by a pixel or more."""
    count = covering(masks) if masks else np.zeros((0, 0), np.uint16)
    for index, (visible, label) in enumerate(zip(masks, labels, strict=True)):
        chances = fronts_of(index, pairs)
        in_front = np.zeros(visible.shape, np.float32)
        for at, chance in chances.items():
            np.maximum(in_front, masks[at] * np.float32(chance), out=in_front)
        for front, back in pairs:
            if front == index:
                np.maximum(in_front, masks[back] * np.float32(1 - pairs[front, back]), out=in_front)
        neighbours = count > visible
        may_hide, gap = np.zeros(visible.shape, bool), False
        if chances:
            hiding = np.logical_or.reduce([masks[at] for at in chances])
            gap = apart(visible, hiding)
            # Between two masks lies a seam that belongs to neither; it is wider where they are rough.
            radius = seam_width(visible.shape) if rough or gap else 1
            seam = cv2.dilate(hiding.astype(np.uint8), disc(radius)).astype(bool)
            may_hide = (hiding | seam & ~neighbours) & ~visible
        yield Task(visible, may_hide, label, in_front, neighbours, not rough, gap, image)


def fronts_of(index: int, pairs: Mapping[Pair, float]) -> dict[int, float]:
    """What hides an object, directly or by hiding what hides it, and how sure the least sure step is."""
    found: dict[int, float] = {}
    waiting = [(index, 1.0)]
    while waiting:
        at, sure = waiting.pop()
        for (front, back), chance in pairs.items():
            if back == at and min(sure, chance) > found.get(front, 0.0):
                found[front] = min(sure, chance)
                waiting.append((front, found[front]))
    return found


def cut_by_frame(mask: BoolImage) -> bool:
    """Whether the mask reaches the border of its image."""
    return bool(mask[0].any() or mask[-1].any() or mask[:, 0].any() or mask[:, -1].any())
