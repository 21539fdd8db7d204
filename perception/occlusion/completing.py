"""Completes the objects of one frame: who hides whom, then the whole shape of each that something hides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from perception.frame import RGBImage
from perception.masks import BoolImage, Mask
from perception.occlusion.network_input import kind_of
from perception.occlusion.order import Complete, Pair, confidence, depths, touching, weigh, without_cycles
from perception.occlusion.prior import vote
from perception.occlusion.shapes import Shapes, rendered_shapes, shapes_of
from perception.record import Completion, FrameRecord, Instance, Occlusion

FloatImage = NDArray[np.float32]
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
    image: RGBImage | None = None
    """The frame's pixels, uint8 RGB [height, width, 3], for methods that look at them."""


Answer = tuple[BoolImage, float]
"""The whole object, bool [height, width], and the estimated IoU of its hidden part, 0..1."""


class Method(Protocol):
    """One way to find amodal shapes."""

    @property
    def name(self) -> str:
        """As in `Completion.method`."""
        ...

    def complete(self, tasks: Sequence[Task]) -> Sequence[Answer | None]:
        """One answer for each task, in their order; None where it has no idea. The tasks are of one frame."""
        ...


class Prior:
    """Votes of whole shapes: those of the data set, where given, and the rendered ones."""

    name = "prior"

    def __init__(self, own: Shapes | None = None) -> None:
        self._shapes = rendered_shapes() if own is None else rendered_shapes() + own

    def complete(self, tasks: Sequence[Task]) -> list[Answer | None]:
        """See `Method`."""
        return [self._one(task) for task in tasks]

    def _one(self, task: Task) -> Answer | None:
        found = vote(task.visible, task.may_hide, self._shapes.of_kind(kind_of(task.label)))
        if found is None:
            return None
        return task.visible | ((found[0] > 0.5) & task.may_hide), found[1]


def whole_shapes(records: Sequence[FrameRecord]) -> Shapes:
    """Shapes of instances of known classes that touch neither another instance nor the image's border."""
    found = []
    for record in records:
        masks = [one.mask.to_array() for one in record.instances]
        busy = {index for i, j, _ in touching(masks) for index in (i, j)}
        for index, (one, mask) in enumerate(zip(record.instances, masks, strict=True)):
            kind = kind_of(one.label)
            if index not in busy and kind.any() and one.mask.area >= 400 and not _cut(mask):
                found.append((mask, int(kind.argmax())))
    return shapes_of(found)


@dataclass(frozen=True, eq=False)
class Completer:
    """Order and shapes with the methods given, best first by their own confidence."""

    methods: Sequence[Method]

    def complete(self, record: FrameRecord, known: Mapping[int, Sequence[int]] | None = None) -> FrameRecord:
        """The record with an `Occlusion` for every instance whose mask is not empty.

        `known` gives the occluders of some instances (ids); what it says is not questioned, unless it is a cycle.
        """
        instances = [one for one in record.instances if one.mask.area]
        masks = [one.mask.to_array() for one in instances]
        pairs = self._order(instances, masks, known or {})
        level = depths(len(instances), pairs)
        done = {
            one.id: replace(one, occlusion=self._occlusion(index, instances, masks, (pairs, level)))
            for index, one in enumerate(instances)
        }
        return record.with_instances(tuple(done.get(one.id, one) for one in record.instances))

    def _order(
        self, instances: Sequence[Instance], masks: Sequence[BoolImage], known: Mapping[int, Sequence[int]]
    ) -> dict[Pair, float]:
        place = {one.id: index for index, one in enumerate(instances)}
        pairs = {
            (place[front], place[back]): 1.0
            for back, fronts in known.items()
            for front in fronts
            if front in place and back in place
        }
        for i, j, shared in touching(masks):
            if instances[i].id in known or instances[j].id in known or (i, j) in pairs or (j, i) in pairs:
                continue
            sure = confidence(weigh(masks[i], masks[j], shared, self._reach(instances, masks, (i, j))))
            pairs[(i, j) if sure >= 0.5 else (j, i)] = max(sure, 1 - sure)
        return without_cycles(pairs)

    def _reach(self, instances: Sequence[Instance], masks: Sequence[BoolImage], pair: Pair) -> Complete:
        labels = {id(masks[index]): instances[index].label for index in pair}

        def complete(visible: BoolImage, may_hide: BoolImage) -> BoolImage:
            found = self.methods[0].complete([Task(visible, may_hide, labels[id(visible)])])[0]
            return visible if found is None else found[0]

        return complete

    def _occlusion(
        self,
        index: int,
        instances: Sequence[Instance],
        masks: Sequence[BoolImage],
        order: tuple[Mapping[Pair, float], Sequence[int]],
    ) -> Occlusion:
        pairs, level = order
        visible = masks[index]
        fronts = [(front, sure) for (front, back), sure in pairs.items() if back == index]
        completions: list[Completion] = []
        if fronts:
            may_hide = np.logical_or.reduce([masks[front] for front in self._all_fronts(index, pairs)])
            # Between two rough masks lies a seam that belongs to neither.
            seam = cv2.dilate(may_hide.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
            others = [mask for at, mask in enumerate(masks) if at != index]
            hidden = seam & ~visible & ~(np.logical_or.reduce(others) & ~may_hide)
            task = Task(visible, hidden | may_hide & ~visible, instances[index].label)
            completions = _candidates(self.methods, task)
        if not completions:
            completions = [Completion("visible", instances[index].mask, 1.0 if not fronts else 0.5)]
        whole = completions[0].mask.area
        return Occlusion(
            rate=1 - instances[index].mask.area / whole if whole else 0.0,
            occluded_by=tuple(instances[front].id for front, _ in fronts),
            order_confidence=tuple(round(sure, 4) for _, sure in fronts),
            depth_order=level[index],
            cut_by_frame=_cut(visible),
            completions=tuple(completions),
        )

    @staticmethod
    def _all_fronts(index: int, pairs: Mapping[Pair, float]) -> set[int]:
        """What hides the object, directly or by hiding what hides it."""
        found: set[int] = set()
        waiting = [index]
        while waiting:
            at = waiting.pop()
            new = {front for front, back in pairs if back == at} - found
            found |= new
            waiting += new
        return found


def _candidates(methods: Sequence[Method], task: Task) -> list[Completion]:
    found = []
    for method in methods:
        answer = method.complete([task])[0]
        if answer is not None and (answer[0] & ~task.visible).sum() >= _LEAST_GAIN * task.visible.sum():
            found.append(Completion(method.name, Mask.from_array(answer[0]), round(answer[1], 4)))
    return sorted(found, key=lambda one: -one.confidence)


def _cut(mask: BoolImage) -> bool:
    return bool(mask[0].any() or mask[-1].any() or mask[:, 0].any() or mask[:, -1].any())
