"""Fits what is proposed to a user's few labelled frames.

What is learned from them is which masks are things. Where the segmenter is asked, the head still says:
refitted as well it finds more and errs more, which a lower bar does too (docs/perception.md). Only in place of a
head for another segmenter a new one is made.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from codriver.errors import InputError
from perception.masks import Mask
from perception.models.roles import Embedding, Segmenter
from perception.proposals.fitting import Cells, cells_of, fit
from perception.proposals.head import ObjectnessHead
from perception.proposals.score_fitting import Examples, examples_of, refit

_PARTS = 4
"""Of the frames; masks in each are judged by a head that was made from the others."""


@dataclass(frozen=True, eq=False)
class LabelledFrame:
    """An encoded frame of which all things are known."""

    embedding: Embedding
    things: tuple[Mask, ...]
    ignored: Mask
    """Pixels of which nothing is known."""


Loader = Callable[[], LabelledFrame]


def calibrated(
    head: ObjectnessHead,
    loaders: Sequence[Loader],
    segmenter: Segmenter,
    step: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> ObjectnessHead:
    """A head with a score of its own for frames like these; the old head is not changed. Deterministic.

    `loaders` encode a frame each, as often as they are asked, so that one is in memory at a time; at least one.
    `step` is told what is done, how often, and of how many. A head of another segmenter is made anew; the old
    score stays with it where too few frames show both, things and what is none. Raises `InputError` where the
    frames do not show both, or the masks do not that a head of this segmenter asks for.
    """
    fits = head.segmenter == segmenter.name and loaders[0]().embedding.features.shape[0] == len(head.mean)
    fitted, judges = (head, [head] * len(loaders)) if fits else _made_anew(loaders, step)
    examples, things = [], 0
    for place, (load, judge) in enumerate(zip(loaders, judges, strict=True)):
        step("calibrating", place, len(loaders))
        frame = load()
        things += len(frame.things)
        if judge is not None:
            examples.append(examples_of(segmenter, frame.embedding, judge, frame.things, frame.ignored))
    if not things:
        raise InputError("The labelled frames show no objects; --calibrate needs some to learn from.")
    known = Examples.join(examples)
    if fits and not known.tell_both:
        shown = "outline nothing but objects" if known.thing.any() else "outline none of their objects"
        raise InputError(
            f"The masks that are proposed in the labelled frames {shown}, so --calibrate cannot learn what tells "
            "objects from the rest; label more frames, or leave --calibrate out."
        )
    step("calibrating", len(loaders), len(loaders))
    score = refit(head.score, known) if known.tell_both else head.score
    return replace(fitted, own_score=score, segmenter=segmenter.name)


def _made_anew(
    loaders: Sequence[Loader], step: Callable[[str, int, int], None]
) -> tuple[ObjectnessHead, list[ObjectnessHead | None]]:
    """A head of all frames, and for each frame one that never saw it: a head is surer of frames that it knows.

    None where the other frames do not show both, things and what is none.
    """
    cells = []
    for place, load in enumerate(loaders):
        step("fitting a head", place, len(loaders))
        frame = load()
        cells.append(cells_of(frame.embedding.features, frame.things, frame.ignored))
    strangers: list[ObjectnessHead | None] = []
    for part in range(_PARTS):
        others = [one for place, one in enumerate(cells) if place % _PARTS != part]
        known = Cells.join(others) if others else None
        strangers.append(fit(known) if known is not None and known.tell_both else None)
    return fit(Cells.join(cells)), [strangers[place % _PARTS] for place in range(len(cells))]
