"""Shapes from other frames: an object that is seen whole in one frame tells what is hidden of it in another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from perception.masks import BoolImage
from perception.occlusion.order import infer_order
from perception.occlusion.patch import Patch
from perception.occlusion.prior import vote
from perception.occlusion.shapes import Shapes, shapes_of
from perception.occlusion.task import Answer, Task
from perception.record import FrameRecord

_NEAREST = 6
"""Frames whose shapes of an object are used, the nearest in time: it turns and comes closer."""
_SMALLEST = 100
"""Pixels of a shape that tells something."""
_AGREEMENT_IS_WORTH = ((0.6, 0.95), (0.2, 0.65))
"""IoU of the hidden part by the agreement of the shapes with the visible one."""


class Video:
    """`task.Method`: the votes of the same object's whole shapes in other frames."""

    name = "video"

    def complete(self, tasks: Sequence[Task]) -> list[Answer | None]:
        """See `Method`; without a shape from another frame it has no idea."""
        return [self._one(task) for task in tasks]

    def _one(self, task: Task) -> Answer | None:
        if task.elsewhere is None or not len(task.elsewhere) or not task.is_behind:
            return None
        found = vote(task.visible, task.may_hide, task.elsewhere)
        if found is None:
            return None
        return task.visible | ((found[0] > 0.5) & task.may_hide), float(np.interp(found[1], *_AGREEMENT_IS_WORTH))


def shapes_elsewhere(
    records: Sequence[FrameRecord],
    known: Sequence[Mapping[int, Sequence[int]]],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[dict[int, Shapes]]:
    """For each record: instance id → the whole shapes of its track in other records, the nearest ones.

    The records are in the order of time. `known` are the occluders that are given, as for `Completer`; where there
    are none, they are inferred.
    """
    seen: dict[int, list[tuple[int, BoolImage]]] = {}
    for at, (record, given) in enumerate(zip(records, known, strict=True)):
        if any(one.track_id is not None for one in record.instances):
            for track, mask in _whole(record, given):
                seen.setdefault(track, []).append((at, mask))
        progress(at + 1, len(records))
    found: list[dict[int, Shapes]] = []
    for at, record in enumerate(records):
        here: dict[int, Shapes] = {}
        for one in record.instances:
            other = (
                [each for each in seen.get(one.track_id, []) if each[0] != at] if one.track_id is not None else []
            )
            if other:
                nearest = sorted(other, key=lambda each: abs(each[0] - at))[:_NEAREST]
                here[one.id] = shapes_of((mask, -1) for _, mask in nearest)
        found.append(here)
    return found


def _whole(record: FrameRecord, given: Mapping[int, Sequence[int]]) -> list[tuple[int, BoolImage]]:
    """Track and cropped mask of the instances that nothing hides and that the frame does not cut."""
    instances = [one for one in record.instances if one.mask.area]
    masks = [Patch.of(one.mask) for one in instances]
    inferred = {instances[back].id for _, back in infer_order(masks)}
    found = []
    for one, mask in zip(instances, masks, strict=True):
        hidden = bool(given[one.id]) if one.id in given else one.id in inferred
        if one.track_id is not None and not hidden and one.mask.area >= _SMALLEST and not mask.cut_by_frame:
            found.append((one.track_id, mask.pixels))
    return found
