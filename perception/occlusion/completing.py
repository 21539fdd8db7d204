"""Completes the objects of one frame: who hides whom, then the whole shape of each that something hides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Protocol, runtime_checkable
from weakref import WeakKeyDictionary

import cv2
import numpy as np
from numpy.typing import NDArray

from perception.frame import RGBImage
from perception.masks import BoolImage, Mask
from perception.occlusion.network_input import kind_of
from perception.occlusion.order import Ask, Pair, depths, infer_order, without_cycles
from perception.occlusion.pair_features import Claim
from perception.occlusion.prior import vote
from perception.occlusion.roughness import apart, covering, disc, overlapping, seam_width
from perception.occlusion.shapes import Shapes, rendered_shapes
from perception.record import Completion, FrameRecord, Instance, Occlusion

FloatImage = NDArray[np.float32]
_AGREEMENT_IS_WORTH = ((0.5, 0.75, 0.86, 0.95), (0.1, 0.4, 0.6, 0.65))
"""Agreement of voters with the visible part; the IoU of the hidden part that it came with in rendered scenes."""
_OF_ANY_KIND = 0.4
"""What remains of it where shapes of all kinds vote, as none of the object's kind are known."""
_ENOUGH = 8
"""Whole objects of a kind in the file, from which on their votes weigh as much as the network."""
_TOGETHER = 16
"""Objects that are completed together: each needs some planes as large as the frame."""
_LEAST_GAIN = 0.01
"""A hidden part below this share of the visible one is not believed: it is the roughness of two masks."""


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


class Prior:
    """Votes of whole shapes: those of the data set, where given, and the rendered ones."""

    name = "prior"

    def __init__(self, own: Shapes | None = None) -> None:
        self._own = own
        self._shapes = rendered_shapes() if own is None else rendered_shapes() + own
        self._votes: WeakKeyDictionary[Task, tuple[FloatImage, float] | None] = WeakKeyDictionary()

    def votes(self, task: Task) -> tuple[FloatImage, float] | None:
        """As `vote` has it; asked again about the same task, it remembers. None where nothing may hide it."""
        if task not in self._votes:
            shapes = self._shapes.of_kind(kind_of(task.label))
            self._votes[task] = vote(task.visible, task.may_hide, shapes) if task.may_hide.any() else None
        return self._votes[task]

    def knows(self, label: str) -> bool:
        """Whether the data set itself shows enough whole objects of that kind."""
        kind = kind_of(label)
        if self._own is None or not kind.any():
            return False
        # With their mirror images they are twice as many.
        return bool((self._own.kinds == int(kind.argmax())).sum() >= 2 * _ENOUGH)

    def complete(self, tasks: Sequence[Task]) -> list[Answer | None]:
        """See `Method`."""
        return [self._one(task) for task in tasks]

    def _one(self, task: Task) -> Answer | None:
        found = self.votes(task)
        if found is None:
            return None
        sure = float(np.interp(found[1], *_AGREEMENT_IS_WORTH))
        if not self._shapes.has(kind_of(task.label)):
            sure *= _OF_ANY_KIND
        return task.visible | ((found[0] > 0.5) & task.may_hide), sure


@dataclass(frozen=True, eq=False)
class Completer:
    """Order and shapes with the methods given, best first by their own confidence."""

    methods: Sequence[Method]

    def complete(
        self,
        record: FrameRecord,
        known: Mapping[int, Sequence[int]] | None = None,
        image: RGBImage | None = None,
        elsewhere: Mapping[int, Shapes] | None = None,
        rough: bool = False,
    ) -> FrameRecord:
        """The record with an `Occlusion` for every instance whose mask is not empty.

        `known` gives the occluders of some instances (ids); what it says is not questioned, unless it is a cycle.
        `image` is for methods that look at pixels, `elsewhere` (instance id → whole shapes of the same object in
        other frames) for those that follow objects. `rough`: the masks are known to be off by a pixel or more;
        else their overlaps tell.
        """
        instances = [one for one in record.instances if one.mask.area]
        masks = [one.mask.to_array() for one in instances]
        rough = rough or (bool(masks) and overlapping(covering(masks)))
        pairs = self._order(instances, masks, known or {}, rough)
        others = [(elsewhere or {}).get(one.id) for one in instances]
        tasks = (
            replace(task, elsewhere=other)
            for task, other in zip(
                frame_tasks(masks, [one.label for one in instances], pairs, image, rough), others, strict=True
            )
        )
        candidates = [
            found for some in iter(lambda: list(islice(tasks, _TOGETHER)), []) for found in self._candidates(some)
        ]
        level = depths(len(instances), pairs)
        done: dict[int, Instance] = {}
        for index, one in enumerate(instances):
            fronts = [(instances[front].id, sure) for (front, back), sure in pairs.items() if back == index]
            found = candidates[index]
            completions = found or [Completion("visible", one.mask, 0.5 if fronts else 1.0)]
            whole = completions[0].mask
            occlusion = Occlusion(
                rate=_hidden_share(masks[index], whole),
                occluded_by=tuple(front for front, _ in fronts),
                order_confidence=tuple(round(sure, 4) for _, sure in fronts),
                depth_order=level[index],
                cut_by_frame=cut_by_frame(masks[index]),
                completions=tuple(completions),
            )
            done[one.id] = replace(one, occlusion=occlusion)
        return record.with_instances(tuple(done.get(one.id, one) for one in record.instances))

    def _candidates(self, tasks: Sequence[Task]) -> list[list[Completion]]:
        """For each task what the methods propose, surest first."""
        found: list[list[Completion]] = [[] for _ in tasks]
        for method in self.methods:
            for task, answer, known in zip(tasks, method.complete(tasks), found, strict=True):
                if answer is None:
                    continue
                added = (answer[0] & ~task.visible).sum() >= _LEAST_GAIN * task.visible.sum()
                mask = Mask.from_array(answer[0] if added else task.visible)
                known.append(Completion(method.name if added else "visible", mask, round(answer[1], 4)))
        return [sorted(each, key=lambda one: -one.confidence) for each in found]

    def _ask(self, instances: Sequence[Instance], masks: Sequence[BoolImage], rough: bool) -> Ask | None:
        claimant = next((one for one in self.methods if isinstance(one, Claimant)), None)
        if claimant is None:
            return None
        return partial(claimant.claims, masks, [one.label for one in instances], rough)

    def _order(
        self,
        instances: Sequence[Instance],
        masks: Sequence[BoolImage],
        known: Mapping[int, Sequence[int]],
        rough: bool,
    ) -> dict[Pair, float]:
        place = {one.id: index for index, one in enumerate(instances)}
        pairs = {
            (place[front], place[back]): 1.0
            for back, fronts in known.items()
            for front in fronts
            if front in place and back in place
        }
        if any(one.id not in known for one in instances):
            found = infer_order(masks, ask=self._ask(instances, masks, rough), rough=rough)
            pairs |= {pair: sure for pair, sure in found.items() if instances[pair[1]].id not in known}
        return without_cycles(pairs)


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


def _hidden_share(visible: BoolImage, whole: Mask) -> float:
    """Share of the whole mask that is not visible, 0..1."""
    return float((whole.to_array() & ~visible).sum() / whole.area) if whole.area else 0.0


def cut_by_frame(mask: BoolImage) -> bool:
    """Whether the mask reaches the border of its image."""
    return bool(mask[0].any() or mask[-1].any() or mask[:, 0].any() or mask[:, -1].any())
