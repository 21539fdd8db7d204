"""What may hide an object though no label names it: things that a segmenter finds in the picture."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from perception.frame import Frame, FrameInfo, RGBImage
from perception.occlusion.patch import Patch, union
from perception.record import FrameRecord

Find = Callable[[RGBImage], Iterable[Patch]]
"""The masks of a picture's things."""
_OWN = 0.5
"""Least share of a thing that lies outside of all labelled objects; below, it shows one of them."""
_SMALLEST = 30
"""Pixels that a thing has at least."""


class Proposes(Protocol):
    """A stage that finds a frame's objects, as `proposals.stage.ProposeStage`."""

    def fingerprint(self) -> Mapping[str, Any]:
        """What its results follow from."""
        ...

    def run(self, frame: Frame, record: FrameRecord) -> FrameRecord:
        """The record with the frame's instances."""
        ...


@dataclass(frozen=True)
class StageFinder:
    """`Find`: takes for things what a stage proposes."""

    stage: Proposes

    def __call__(self, image: RGBImage) -> Iterator[Patch]:
        """See `Find`."""
        info = FrameInfo("", "", image.shape[1], image.shape[0], "")
        found = self.stage.run(Frame(info, image), FrameRecord(info)).instances
        return (Patch.of(one.mask) for one in found)


def beside(things: Iterable[Patch], objects: Sequence[Patch]) -> list[Patch]:
    """The things where no object is; those that mostly show an object are left out."""
    found = []
    for thing in things:
        rest = thing.pixels & ~union(objects, thing.part)
        if rest.sum() >= max(_SMALLEST, _OWN * thing.pixels.sum()):
            found.append(Patch.from_array(rest, thing.part))
    return found
