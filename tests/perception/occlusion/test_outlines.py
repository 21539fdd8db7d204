"""Rough masks are moved, as a whole, to where the picture has edges."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perception.masks import Mask
from perception.occlusion.completing import Completer
from perception.occlusion.outlines import Edges, Move, best_move, fit_outlines, moved
from perception.record import FrameInfo, FrameRecord, Instance

SHAPE = (360, 480)


def disc_with_a_notch(shape=SHAPE, scale=1):
    found = np.zeros(shape, np.uint8)
    cv2.circle(found, (200 * scale, 150 * scale), 50 * scale, 1, cv2.FILLED)
    cv2.rectangle(found, (200 * scale, 150 * scale), (215 * scale, 210 * scale), 0, cv2.FILLED)
    return found.astype(bool)


def picture(mask):
    """Two colours with noise, the mask in the one."""
    noise = np.random.default_rng(0).normal(0, 4, (*mask.shape, 1))
    return np.clip(np.where(mask[..., None], [180, 60, 60], [90, 100, 120]) + noise, 0, 255).astype(np.uint8)


def rough(mask, kind, pixels):
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * pixels + 1, 2 * pixels + 1))
    if kind == "shifted":
        return np.roll(mask, (pixels, -1), (0, 1))
    return (cv2.dilate if kind == "grown" else cv2.erode)(mask.astype(np.uint8), disc).astype(bool)


def iou(first, second):
    return (first & second).sum() / (first | second).sum()


@pytest.mark.parametrize("kind", ["grown", "shrunk", "shifted"])
@pytest.mark.parametrize("pixels", [1, 2, 3])
def test_an_outline_goes_where_the_colours_change(kind, pixels):
    true = disc_with_a_notch()
    given_mask = rough(true, kind, pixels)
    (found,) = fit_outlines(picture(true), [given_mask])
    assert iou(found, true) > 0.97 > iou(given_mask, true)


def test_the_distance_counts_in_proportion_to_the_frame():
    true = disc_with_a_notch((1080, 1440), 3)
    given_mask = rough(true, "grown", 6)
    (found,) = fit_outlines(picture(true), [given_mask])
    assert iou(found, true) > 0.98 > 0.9 > iou(given_mask, true)


def test_without_an_edge_nothing_moves():
    grey = np.full((*SHAPE, 3), 90, np.uint8)
    mask = disc_with_a_notch()
    assert best_move(mask, Edges(grey)) == Move()
    assert next(fit_outlines(grey, [mask])) is mask


def test_what_is_cut_by_the_border_stays_cut_by_it():
    true = np.zeros(SHAPE, bool)
    true[200:, 100:180] = True
    given_mask = np.zeros(SHAPE, bool)
    given_mask[202:, 102:178] = True
    (found,) = fit_outlines(picture(true), [given_mask])
    assert iou(found, true) > 0.99
    assert found[-1, 100:180].all()
    # The border of the image is no edge of the object, and shrinking does not draw it away from there.
    assert moved(given_mask, Move(-2, 0, 0))[-1, 104:176].all()
    assert not moved(given_mask, Move(-2, 0, 0))[-1, :104].any()


def test_both_sides_of_a_long_outline_count():
    """Points are read row by row, left and right in turn: taking each second one would take one side."""
    pillar, beside = np.zeros(SHAPE, bool), np.zeros(SHAPE, bool)
    pillar[40:340, 200:260] = True
    beside[40:340, 100:200] = True
    image = picture(pillar | beside)  # no edge on the left
    for given_mask, column in ((np.roll(pillar, 2, 1), 260), (np.roll(pillar, -2, 1), 260)):
        (found,) = fit_outlines(image, [given_mask])
        assert found[100:300, column - 1].all()
        assert not found[100:300, column].any()


def test_nothing_moves_further_than_it_is_thick():
    true = np.zeros(SHAPE, bool)
    true[100:200, 200:212] = True
    line = np.zeros(SHAPE, bool)
    line[100:200, 204:206] = True
    (found,) = fit_outlines(picture(true), [line])
    assert found[120:180].sum(axis=1).max() <= 4


@settings(deadline=None, max_examples=30)
@given(
    st.integers(0, 300), st.integers(0, 400), st.integers(1, 60), st.integers(1, 60),
    st.floats(-3, 3), st.floats(-3, 3), st.floats(-3, 3),
)  # fmt: skip
def test_a_mask_never_vanishes_and_moves_no_further_than_told(top, left, height, width, grow, right, down):
    mask = np.zeros(SHAPE, bool)
    mask[top : top + height, left : left + width] = True
    found = moved(mask, Move(grow, right, down))
    assert found.any()
    assert moved(mask, Move(-99, 0, 0)) is mask
    reach = int(np.ceil(abs(grow) + np.hypot(right, down))) + 1
    around = cv2.dilate(mask.astype(np.uint8), np.ones((2 * reach + 1,) * 2, np.uint8)).astype(bool)
    assert not (found & ~around).any()


def test_only_rough_masks_are_moved_and_what_is_given_stays_where_nothing_is_added():
    true = disc_with_a_notch()
    behind = np.zeros(SHAPE, bool)
    behind[120:190, 240:330] = True
    behind &= ~true
    image = picture(true)

    class Looks:
        name = "looks"

        def __init__(self):
            self.seen = []

        def complete(self, tasks):
            self.seen += [task.visible for task in tasks]
            return [(task.visible, 0.9) for task in tasks]

    for disc, moves in ((true, False), (rough(true, "grown", 2), True)):
        masks = [Mask.from_array(disc), Mask.from_array(behind)]
        record = FrameRecord(
            FrameInfo("a", "a.png", 480, 360, ""),
            tuple(Instance(at, mask, 1.0, "known", "sign") for at, mask in enumerate(masks)),
        )
        method = Looks()
        done = Completer([method]).complete(record, image=image)
        assert (bool((method.seen[0] != disc).any())) is moves
        assert iou(method.seen[0], true) > 0.97
        assert [one.occlusion.amodal for one in done.instances] == masks
        assert [one.occlusion.rate for one in done.instances] == [0.0, 0.0]
        # Without a picture, masks stay as they are.
        Completer([without := Looks()]).complete(record)
        assert iou(without.seen[0], disc) == 1
