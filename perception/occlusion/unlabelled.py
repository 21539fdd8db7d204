"""What may hide an object though no label names it: things that a segmenter finds in the picture."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

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

    def run(self, frame: Frame, record: FrameRecord) -> FrameRecord:
        """The record with the frame's instances."""
        ...


def find_with(stage: Proposes) -> Find:
    """Takes for things what the stage proposes."""

    def find(image: RGBImage) -> Iterator[BoolImage]:
        info = FrameInfo("", "", image.shape[1], image.shape[0], "")
        return (one.mask.to_array() for one in stage.run(Frame(info, image), FrameRecord(info)).instances)

    return find


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
