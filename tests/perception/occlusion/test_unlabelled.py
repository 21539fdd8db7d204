"""What hides an object may have no label: it is found in the picture, and used for what nothing known hides."""

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from perception.commands.complete import complete
from perception.frame import Frame, FrameInfo
from perception.masks import Mask
from perception.models.sessions import Runtime
from perception.occlusion.completing import Completer
from perception.occlusion.methods import shipped_methods
from perception.occlusion.patch import patches
from perception.occlusion.stage import CompleteStage, parted
from perception.occlusion.unlabelled import StageFinder, beside
from perception.record import IMPORTED, FrameRecord, Instance

SHAPE = (120, 200)
PICTURE = np.zeros((*SHAPE, 3), np.uint8)


def block(left, top, width, height):
    found = np.zeros(SHAPE, bool)
    found[top : top + height, left : left + width] = True
    return found


def car(x, bottom):
    return block(x, bottom - 16, 80, 16) | block(x + 16, bottom - 32, 48, 17)


def record_of(*objects):
    return FrameRecord(
        FrameInfo("a", "a.png", *SHAPE[::-1], ""),
        tuple(
            Instance(at, Mask.from_array(mask), 1.0, "known", name) for at, (mask, name) in enumerate(objects, 1)
        ),
    )


@pytest.fixture(scope="module")
def methods():
    return shipped_methods(Runtime(provider="cpu", threads=1))


def test_a_thing_without_a_label_lets_a_hidden_part_be_seen(methods):
    whole, post = car(60, 80), block(118, 30, 40, 62)
    visible = whole & ~post
    given_record = record_of((visible, "car"), (car(20, 115) & ~post, "car"))
    asked = []

    def find(image):
        asked.append(image.shape)
        return patches([post, visible])

    alone = Completer(methods).complete(given_record, image=PICTURE)
    found = Completer(methods, find).complete(given_record, image=PICTURE)
    assert asked == [PICTURE.shape]
    hidden = whole & ~visible
    shares = [
        (one.instance(1).occlusion.amodal.to_array() & hidden).sum() / hidden.sum() for one in (alone, found)
    ]
    assert shares[0] == 0
    assert shares[1] > 0.5
    assert found.instance(1).occlusion.occluded_by == ()
    assert found.instance(1).occlusion.rate > 0.1
    assert [one.id for one in found.instances] == [1, 2]


def test_what_something_known_hides_is_not_asked_about(methods):
    whole, post = car(60, 80), block(118, 30, 40, 62)
    given_record = record_of((whole & ~post, "car"), (post, "person"))
    wall = block(0, 0, 200, 119)
    plain = Completer(methods).complete(given_record, {1: [2]}, PICTURE)
    found = Completer(methods, lambda image: patches([wall])).complete(given_record, {1: [2]}, PICTURE)
    assert found.instance(1).occlusion == plain.instance(1).occlusion


def test_what_is_said_to_be_hidden_by_nothing_is_not_questioned(methods):
    whole, post = car(60, 80), block(118, 30, 40, 62)

    def find(image):
        raise AssertionError

    done = Completer(methods, find).complete(record_of((whole & ~post, "car")), {1: []}, PICTURE)
    assert done.instance(1).occlusion.occluded_by == ()


def test_without_a_picture_or_objects_nothing_is_looked_for(methods):
    def find(image):
        raise AssertionError

    Completer(methods, find).complete(record_of((car(60, 80), "car")))
    assert Completer(methods, find).complete(record_of(), image=PICTURE).instances == ()


def test_things_that_show_an_object_are_left_out_and_others_lose_what_is_an_objects():
    one = block(50, 50, 40, 40)
    things = [one, block(48, 48, 44, 44), block(80, 40, 60, 60), block(0, 0, 5, 5)]
    (rest,) = beside(patches(things), patches([one]))
    assert (rest.to_array() == things[2] & ~one).all()


def test_what_a_stage_proposes_are_things():
    class Stage:
        def run(self, frame, record):
            assert (frame.info.width, frame.info.height) == SHAPE[::-1]
            return record_of((block(1, 2, 30, 40), ""))

    (thing,) = StageFinder(Stage())(PICTURE)
    assert (thing.to_array() == block(1, 2, 30, 40)).all()


def test_the_command_wants_the_pictures_for_it(tmp_path):
    result = CliRunner().invoke(complete, ["--coco", "a.json", "--out", "b.json", "--find-occluders"])
    assert "--find-occluders looks at the pictures; name their folder with --images." in str(result.exception)


BLOCKS = st.tuples(st.integers(0, 150), st.integers(0, 80), st.integers(5, 50), st.integers(5, 40))


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(BLOCKS, st.floats(0, 1), st.booleans()), min_size=1, max_size=6))
def test_masks_that_were_found_are_parted_and_imported_ones_kept(objects):
    instances = tuple(
        Instance(at, Mask.from_array(block(*where)), score, "known", "", IMPORTED if imported else "")
        for at, (where, score, imported) in enumerate(objects, 1)
    )
    found = parted(instances)
    assert [one.id for one in found] == [one.id for one in instances]
    pixels = [one.mask.to_array() for one in found]
    for one, before, mask in zip(found, instances, pixels, strict=True):
        assert not (mask & ~before.mask.to_array()).any()
        if one.label_source == IMPORTED:
            assert one.mask == before.mask
        else:
            own = before.mask.to_array()
            rest = [other.mask.to_array() for other in instances if other is not before]
            swallowed = not (own & ~np.logical_or.reduce([np.zeros(SHAPE, bool), *rest])).any()
            assert swallowed or not any((mask & other).any() for other in pixels if other is not mask)
    union = np.logical_or.reduce([one.mask.to_array() for one in instances])
    assert (np.logical_or.reduce(pixels) == union).all()


def test_a_bag_takes_of_who_carries_it_and_nobody_goes_without():
    person, bag, same = block(50, 20, 40, 80), block(60, 50, 15, 20), block(60, 50, 15, 20)
    record = record_of((person, ""), (bag, ""), (same, ""))
    masks = [one.mask.to_array() for one in parted(record.instances)]
    assert (masks[0] == person & ~bag).all()
    assert (masks[1] == bag).all()
    assert (masks[2] == same).all()  # nothing would remain of it
    assert all(
        one.occlusion is not None for one in CompleteStage().run(Frame(record.frame, PICTURE), record).instances
    )


def test_what_was_left_of_a_mask_tells_only_what_is_added(methods):
    """An object at the border, whose pixels there are taken for another one's, is cut by it all the same."""
    own, taken = block(0, 40, 60, 40), block(0, 30, 20, 55)

    class Back:
        name = "back"

        def complete(self, tasks):
            return [(task.visible | self._more(task.visible, task.part.of(own)), 0.8) for task in tasks]

        def _more(self, visible, mine):
            return mine if (visible & mine).sum() > 900 else False

    record = record_of((own, ""), (taken, ""))
    done = CompleteStage([Back()]).run(Frame(record.frame, PICTURE), record).instance(1)
    assert done.occlusion.cut_by_frame
    assert [(one.method, one.mask) for one in done.occlusion.completions] == [("visible", done.mask)]
    assert done.occlusion.rate == 0


def test_a_whole_shape_holds_all_that_is_visible_where_found_masks_overlap():
    record = record_of((car(60, 80), ""), (block(100, 40, 60, 60), ""), (block(90, 30, 30, 30), ""))
    done = CompleteStage().run(Frame(record.frame, PICTURE), record)
    for before, after in zip(record.instances, done.instances, strict=True):
        assert after.mask == before.mask
        whole = after.occlusion.amodal
        assert (whole | before.mask) == whole
        assert after.occlusion.rate == pytest.approx(1 - before.mask.area / whole.area)
