"""What may hide an object though no label names it: things that a segmenter finds in the picture."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from perception.frame import Frame, FrameInfo, RGBImage
from perception.masks import BoolImage
from perception.record import FrameRecord

Find = Callable[[RGBImage], Iterable[BoolImage]]
"""The masks [height, width] of a picture's things."""
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

    def __call__(self, image: RGBImage) -> Iterator[BoolImage]:
        """See `Find`."""
        info = FrameInfo("", "", image.shape[1], image.shape[0], "")
        found = self.stage.run(Frame(info, image), FrameRecord(info)).instances
        return (one.mask.to_array() for one in found)


def beside(things: Iterable[BoolImage], objects: Sequence[BoolImage]) -> list[BoolImage]:
    """The things [height, width] where no object is; those that mostly show an object are left out.

    There is one object at least.
    """
    taken = np.logical_or.reduce(objects)
    found = []
    for thing in things:
        rest = thing & ~taken
        if rest.sum() >= max(_SMALLEST, _OWN * thing.sum()):
            found.append(rest)
    return found
