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
from perception.occlusion.patch import Part, Patch, union
from perception.occlusion.roughness import apart, covering, disc, seam_width
from perception.occlusion.shapes import Shapes
from perception.occlusion.window import FloatImage, reachable

LEAST_GAIN = 0.01
"""A hidden part below this share of the visible one is not believed: it is the roughness of two masks."""


@dataclass(frozen=True, eq=False)
class Task:
    """An object to complete.

    All planes, and what is answered, are [height, width] of one part of a frame. It holds every window that
    `window_around` gives for the object and what may be in front of it, and all that the object may cover: what
    lies outside of the part and within a window lies outside of the frame.
    """

    visible: BoolImage
    may_hide: BoolImage
    """Where something in front may hide a part of it; see `is_behind`."""
    label: str
    in_front: FloatImage | None = None
    """float32, 0..1: how sure it is that what is seen there stands before the object; 0 where
    nothing known is. None: as sure as can be wherever `may_hide` is."""
    neighbours: BoolImage | None = None
    """All other objects of the frame; None: not known, or none but those of `may_hide`."""
    exact: bool = True
    """Whether the frame's masks fit each other; else their outlines are off by a pixel or more."""
    apart: bool = False
    """Whether there is a gap between it and what hides it: one is too small, or something thin is in between."""
    image: RGBImage | None = None
    """The pixels, uint8 RGB [height, width, 3], for methods that look at them."""
    elsewhere: Shapes | None = None
    """The same object where it is seen whole in other frames; None or empty: not known."""
    place: Part | None = None
    """The part of the frame; None: all of it."""
    goes_on: bool = False
    """Whether what is in front of it reaches beyond the part."""

    @property
    def part(self) -> Part:
        """The part of the frame that the planes cover."""
        return Part.whole(self.visible.shape) if self.place is None else self.place

    @property
    def is_behind(self) -> bool:
        """Whether anything known is in front of it, near or far."""
        return self.goes_on or bool(self.may_hide.any())

    @property
    def cut_by_frame(self) -> bool:
        """Whether the visible mask reaches the border of the frame."""
        return self.part.cut_by_frame(self.visible)


Answer = tuple[BoolImage, float]
"""The whole object, bool [height, width] as in the task, and the estimated IoU of its hidden part, 0..1."""


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
        self, masks: Sequence[Patch], labels: Sequence[str], rough: bool, places: Sequence[int]
    ) -> Mapping[int, Claim]:
        """For the objects at `places`; visible masks and class names are all those of a frame.

        `rough`: the masks are off by a pixel or more.
        """
        ...


def frame_tasks(
    masks: Sequence[Patch],
    labels: Sequence[str],
    pairs: Mapping[Pair, float],
    image: RGBImage | None = None,
    rough: bool = False,
) -> Iterator[Task]:
    """One task for each of a frame's objects. `pairs` has no cycles; `rough`: masks are off by a pixel or more."""
    count = covering(masks) if masks else np.zeros((0, 0), np.uint16)
    for index, (own, label) in enumerate(zip(masks, labels, strict=True)):
        chances = fronts_of(index, pairs)
        hiding = [masks[at] for at in chances]
        behind = {back: 1 - sure for (front, back), sure in pairs.items() if front == index}
        part = surrounding(own, [*hiding, *(masks[at] for at in behind)])
        visible, in_front = own.inside(part), np.zeros(part.shape, np.float32)
        for at, chance in (*chances.items(), *behind.items()):
            both = part.common(masks[at].part)
            view = both.of(in_front, part)
            np.maximum(view, both.of(masks[at].pixels, masks[at].part) * np.float32(chance), out=view)
        neighbours = part.of(count) > visible
        gap = bool(hiding) and apart(own, hiding)
        yield Task(
            visible,
            _hidden_at_most(hiding, part, neighbours, seam_width(own.shape) if rough or gap else 1) & ~visible,
            label,
            in_front,
            neighbours,
            not rough,
            gap,
            None if image is None else part.of(image),
            place=part,
            goes_on=any(part.common(one.part) != one.part for one in hiding),
        )


def _hidden_at_most(hiding: Sequence[Patch], part: Part, neighbours: BoolImage, seam: int) -> BoolImage:
    """Where these masks may hide something, in the part, as `neighbours` are.

    Between two masks lies a seam of so many pixels that belongs to neither; it is wider where they are rough.
    """
    if not hiding:
        return np.zeros(part.shape, bool)
    around = part.grown(seam)
    near = union(hiding, around)
    grown = cv2.dilate(near.astype(np.uint8), disc(seam)).astype(bool)
    found: BoolImage = part.of(near, around) | part.of(grown, around) & ~neighbours
    return found


def surrounding(visible: Patch, in_front: Sequence[Patch]) -> Part:
    """The part of the frame that the task of an object covers; `in_front` is all that may be in front of it."""
    seam = seam_width(visible.shape)
    reached = reachable(visible.box, (one.part.grown(seam).box for one in in_front))
    x0, y0, x1, y1 = visible.part.grown(seam).corners
    left, top, right, low = reached
    return Part.within(visible.shape, min(x0, left), min(y0, top), max(x1, right), max(y1, low))


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
