import numpy as np
import pytest

from perception.frame import FrameInfo
from perception.masks import Mask
from perception.occlusion.completing import Completer
from perception.occlusion.pair_features import Claim
from perception.record import FrameRecord, Instance


def street():
    """A person before the end of a car."""
    person, whole = np.zeros((120, 200), bool), np.zeros((120, 200), bool)
    person[50:110, 95:111], whole[63:95, 40:120] = True, True
    masks = [whole & ~person, person]
    instances = [Instance(i, Mask.from_array(m), 0.9, "known", "thing") for i, m in enumerate(masks, 1)]
    return FrameRecord(FrameInfo("a.png", "a.png", 200, 120, ""), tuple(instances))


class Says:
    """A method with one answer: a hidden part at the right end of the object, or none, and how sure it is."""

    def __init__(self, name, adds, sure):
        self.name, self._adds, self._sure = name, adds, sure

    def complete(self, tasks):
        more = [
            np.roll(task.visible, 6, axis=1) & task.may_hide if self._adds else task.may_hide & False
            for task in tasks
        ]
        return [(task.visible | added, self._sure) for task, added in zip(tasks, more, strict=True)]


class Judges(Says):
    def claims(self, masks, labels, rough, places):
        return {place: Claim() for place in places}


@pytest.mark.parametrize(("whole", "first"), [(0.3, "visible"), (0.1, "votes")])
def test_what_judges_the_order_can_say_that_an_object_is_whole(whole, first):
    record = street()
    for methods in (
        [Judges("judge", False, whole), Says("votes", True, 0.6)],
        [Says("votes", True, 0.6), Judges("judge", False, whole)],
    ):
        behind = Completer(methods).complete(record, {1: [2]}).instances[0].occlusion
        assert behind.completions[0].method == first
        assert {one.method for one in behind.completions} == {"visible", "votes"}
    behind = (
        Completer([Says("judge", False, whole), Says("votes", True, 0.6)]).complete(record, {1: [2]}).instances[0]
    )
    assert behind.occlusion.completions[0].method == "votes"
