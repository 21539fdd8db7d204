"""Rough masks are told from exact ones by what they overlap and by what lies between them."""

import numpy as np
import pytest

from perception.occlusion.patch import Patch, patches
from perception.occlusion.roughness import apart, mostly_rough, rough_frame, seam_width
from perception.occlusion.task import frame_tasks

SHAPE = (360, 480)


def block(top, left, height, width, shape=SHAPE):
    found = np.zeros(shape, bool)
    found[top : top + height, left : left + width] = True
    return found


def patch(*where):
    return Patch.from_array(block(*where))


@pytest.mark.parametrize(("gap", "rough"), [(0, False), (1, True), (2, True), (4, True), (30, False)])
def test_a_gap_to_what_hides_it_tells_that_masks_are_rough(gap, rough):
    assert apart(patch(100, 100, 60, 80), [patch(110, 180 + gap, 60, 40)]) is rough


def test_a_gap_counts_in_proportion_to_the_frame():
    shape = (1080, 1440)
    assert not apart(patch(300, 300, 180, 240, shape), [patch(330, 540 + 1, 180, 120, shape)])
    assert apart(patch(300, 300, 180, 240, shape), [patch(330, 540 + 6, 180, 120, shape)])
    assert seam_width(shape) == 3 * seam_width(SHAPE) == 12


def test_masks_that_overlap_are_rough_and_a_few_common_pixels_are_not():
    first = patch(100, 100, 60, 80)
    for common, rough in ((1, False), (3, True)):
        second = patch(110, 180 - common, 4 if common == 1 else 60, 40)
        assert rough_frame([first, second]) is rough


def test_where_many_frames_overlap_the_others_of_the_file_are_no_better():
    assert mostly_rough([False] * 3 + [True] * 2)
    assert not mostly_rough([True] * 4)
    assert not mostly_rough([False] * 9 + [True])
    assert not mostly_rough([])
    assert not rough_frame([])


@pytest.mark.parametrize(("gap", "exact"), [(0, True), (2, False), (-3, False)])
def test_tasks_say_which_masks_are_exact_and_let_rough_ones_hide_in_the_gap(gap, exact):
    car, front = block(100, 100, 60, 80), block(90, 180 + gap, 90, 40)
    rough = rough_frame(patches([car, front]))
    hidden, before = frame_tasks(patches([car, front]), ["car", "person"], {(1, 0): 0.9}, rough=rough)
    assert (hidden.exact and not hidden.apart) is exact
    assert hidden.exact is before.exact is (gap >= 0)
    assert not before.apart
    if gap > 0:
        assert Patch.from_array(hidden.may_hide, hidden.part).to_array()[100:160, 180 : 180 + gap].all()
    # Overlaps are shown to the network.
    assert (hidden.in_front[hidden.part.of(car & front)] > 0).all()
