"""Completes the objects of one frame: who hides whom, then the whole shape of each that something hides."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice

from perception.frame import RGBImage
from perception.masks import Mask
from perception.occlusion.methods import SEES_PIXELS
from perception.occlusion.order import Ask, Pair, depths, infer_order, without_cycles
from perception.occlusion.outlines import fit_outlines
from perception.occlusion.patch import Patch, patches
from perception.occlusion.roughness import rough_frame
from perception.occlusion.shapes import Shapes
from perception.occlusion.task import LEAST_GAIN, Claimant, Method, Task, frame_tasks
from perception.occlusion.unlabelled import Find, beside
from perception.record import Completion, FrameRecord, Instance, Occlusion

_TOGETHER = 16
"""Objects that are completed together: each needs some planes as large as what is around it."""
_WHOLE = 0.15
"""Chance that an object is whole, by the method that judges the order, from which on no other adds to it: below,
shapes gain more than they cost where nothing is hidden. Chosen on rendered scenes."""


@dataclass(frozen=True, eq=False)
class _Frame:
    """A frame's objects, none of them empty, and their visible masks."""

    instances: Sequence[Instance]
    masks: Sequence[Patch]
    """Those of the instances, or what the picture made of them, if they were rough; then those of other things."""
    labels: Sequence[str]
    rough: bool
    """The masks are off by a pixel or more."""

    def with_things(self, things: Sequence[Patch]) -> _Frame:
        """The same with masks of things that have no label and are no instances."""
        return replace(self, masks=[*self.masks, *things], labels=[*self.labels, *("" for _ in things)])


@dataclass(frozen=True, eq=False)
class Completer:
    """Order and shapes with the methods given, best first by their own confidence."""

    methods: Sequence[Method]
    find: Find | None = None
    """Finds things of a picture that may hide an object, where nothing that is known does."""

    @property
    def looks(self) -> bool:
        """Whether it looks at the picture also where masks are exact."""
        return self.find is not None or any(method.name in SEES_PIXELS for method in self.methods)

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
        else their overlaps tell. With an `image`, rough masks are moved to its edges first; what is visible of an
        instance, and the whole mask where nothing is added, stay as they are given.
        """
        frame = _frame([one for one in record.instances if one.mask.area], image, rough)
        pairs = self._order(frame, known or {})
        hidden = {back for _, back in pairs}
        free = {at for at, one in enumerate(frame.instances) if at not in hidden and one.id not in (known or {})}
        tasks = self._tasks(frame, pairs, free, image)
        objects = (
            (one, replace(task, elsewhere=(elsewhere or {}).get(one.id)))
            for one, task in zip(frame.instances, tasks, strict=True)
        )
        found: list[list[Completion]] = []
        while some := list(islice(objects, _TOGETHER)):
            found += self._candidates(some)
        occlusions = _occlusions(frame, pairs, found)
        return record.with_instances(
            tuple(replace(one, occlusion=occlusions.get(one.id, one.occlusion)) for one in record.instances)
        )

    def _tasks(
        self, frame: _Frame, pairs: Mapping[Pair, float], free: Collection[int], image: RGBImage | None
    ) -> Iterator[Task]:
        """One for each object; those at the places `free` may be hidden by things that the picture shows."""
        known = frame_tasks(frame.masks, frame.labels, pairs, image, frame.rough)
        if self.find is None or image is None or not free:
            return known
        wider = frame.with_things(beside(self.find(image), frame.masks))
        added = {
            pair: sure
            for pair, sure in self._inferred(wider).items()
            if pair[0] >= len(frame.masks) and pair[1] in free
        }
        found = frame_tasks(wider.masks, wider.labels, {**pairs, **added}, image, frame.rough)
        behind = {back for _, back in added}
        both = zip(known, found, strict=False)
        return (second if place in behind else first for place, (first, second) in enumerate(both))

    def _candidates(self, objects: Sequence[tuple[Instance, Task]]) -> list[list[Completion]]:
        """For each object what the methods propose, the one to take first."""
        found: list[list[Completion]] = [[] for _ in objects]
        whole: set[int] = set()
        for method in self.methods:
            answers = method.complete([task for _, task in objects])
            for at, ((one, task), answer) in enumerate(zip(objects, answers, strict=True)):
                if answer is None:
                    continue
                added = (answer[0] & ~task.visible).sum() >= LEAST_GAIN * task.visible.sum()
                mask = Patch.from_array(answer[0], task.part).to_mask() if added else one.mask
                found[at].append(Completion(method.name if added else "visible", mask, round(answer[1], 4)))
                if isinstance(method, Claimant) and not added and answer[1] >= _WHOLE:
                    whole.add(at)
        return [_best_first(each, at in whole) for at, each in enumerate(found)]

    def _order(self, frame: _Frame, known: Mapping[int, Sequence[int]]) -> dict[Pair, float]:
        place = {one.id: index for index, one in enumerate(frame.instances)}
        pairs = {
            (place[front], place[back]): 1.0
            for back, fronts in known.items()
            for front in fronts
            if front in place and back in place
        }
        if any(one.id not in known for one in frame.instances):
            found = self._inferred(frame)
            pairs |= {pair: sure for pair, sure in found.items() if frame.instances[pair[1]].id not in known}
        return without_cycles(pairs)

    def _inferred(self, frame: _Frame) -> dict[Pair, float]:
        return infer_order(frame.masks, ask=self._ask(frame), labels=frame.labels)

    def _ask(self, frame: _Frame) -> Ask | None:
        claimant = next((one for one in self.methods if isinstance(one, Claimant)), None)
        if claimant is None:
            return None
        return partial(claimant.claims, frame.masks, frame.labels, frame.rough)


def _best_first(shapes: Sequence[Completion], whole: bool) -> list[Completion]:
    """Surest first, but of an object that is held for `whole` what adds nothing goes before what does."""
    return sorted(shapes, key=lambda one: (whole and one.method != "visible", -one.confidence))


def _frame(instances: Sequence[Instance], image: RGBImage | None, rough: bool) -> _Frame:
    """`rough`: the masks are known to be off. Rough ones are moved to the edges of the image."""
    masks = patches(one.mask for one in instances)
    rough = rough or rough_frame(masks)
    if rough and image is not None:
        moved = False
        for place, mask in enumerate(fit_outlines(image, masks)):
            moved |= mask is not masks[place]
            masks[place] = mask
        rough = not moved or rough_frame(masks)
    return _Frame(instances, masks, [one.label for one in instances], rough)


def _occlusions(
    frame: _Frame, pairs: Mapping[Pair, float], completions: Sequence[Sequence[Completion]]
) -> dict[int, Occlusion]:
    """By instance id; of `completions` the first counts."""
    level = depths(len(frame.instances), pairs)
    found: dict[int, Occlusion] = {}
    for index, one in enumerate(frame.instances):
        fronts = [(frame.instances[front].id, sure) for (front, back), sure in pairs.items() if back == index]
        shapes = completions[index] or [Completion("visible", one.mask, 0.5 if fronts else 1.0)]
        found[one.id] = Occlusion(
            rate=0.0 if shapes[0].method == "visible" else _hidden_share(frame.masks[index], shapes[0].mask),
            occluded_by=tuple(front for front, _ in fronts),
            order_confidence=tuple(round(sure, 4) for _, sure in fronts),
            depth_order=level[index],
            cut_by_frame=frame.masks[index].cut_by_frame,
            completions=tuple(shapes),
        )
    return found


def _hidden_share(visible: Patch, whole: Mask) -> float:
    """Share of the whole mask that is not visible, 0..1."""
    shape = Patch.of(whole)
    return float((shape.pixels & ~visible.inside(shape.part)).sum() / whole.area) if whole.area else 0.0
