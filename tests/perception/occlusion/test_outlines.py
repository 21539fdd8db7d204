"""Rough masks are moved, as a whole, to where the picture has edges."""

import tracemalloc

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perception.masks import Mask
from perception.occlusion import outlines
from perception.occlusion.completing import Completer
from perception.occlusion.outlines import Edges, Move, best_move, fit_outlines, moved
from perception.occlusion.patch import Patch, patches
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


def fitted(image, masks):
    return [one.to_array() for one in fit_outlines(image, patches(masks))]


@pytest.mark.parametrize("kind", ["grown", "shrunk", "shifted"])
@pytest.mark.parametrize("pixels", [1, 2, 3])
def test_an_outline_goes_where_the_colours_change(kind, pixels):
    true = disc_with_a_notch()
    given_mask = rough(true, kind, pixels)
    (found,) = fitted(picture(true), [given_mask])
    assert iou(found, true) > 0.97 > iou(given_mask, true)


def test_the_distance_counts_in_proportion_to_the_frame():
    true = disc_with_a_notch((1080, 1440), 3)
    given_mask = rough(true, "grown", 6)
    (found,) = fitted(picture(true), [given_mask])
    assert iou(found, true) > 0.98 > 0.9 > iou(given_mask, true)


def test_without_an_edge_nothing_moves():
    grey = np.full((*SHAPE, 3), 90, np.uint8)
    mask = Patch.from_array(disc_with_a_notch())
    assert best_move(mask, Edges(grey)) == Move()
    assert next(fit_outlines(grey, [mask])) is mask


def test_what_is_cut_by_the_border_stays_cut_by_it():
    true = np.zeros(SHAPE, bool)
    true[200:, 100:180] = True
    given_mask = np.zeros(SHAPE, bool)
    given_mask[202:, 102:178] = True
    (found,) = fitted(picture(true), [given_mask])
    assert iou(found, true) > 0.99
    assert found[-1, 100:180].all()
    # The border of the image is no edge of the object, and shrinking does not draw it away from there.
    assert moved(Patch.from_array(given_mask), Move(-2, 0, 0)).to_array()[-1, 104:176].all()
    assert not moved(Patch.from_array(given_mask), Move(-2, 0, 0)).to_array()[-1, :104].any()


def test_both_sides_of_a_long_outline_count():
    """Points are read row by row, left and right in turn: taking each second one would take one side."""
    pillar, beside = np.zeros(SHAPE, bool), np.zeros(SHAPE, bool)
    pillar[40:340, 200:260] = True
    beside[40:340, 100:200] = True
    image = picture(pillar | beside)  # no edge on the left
    for given_mask, column in ((np.roll(pillar, 2, 1), 260), (np.roll(pillar, -2, 1), 260)):
        (found,) = fitted(image, [given_mask])
        assert found[100:300, column - 1].all()
        assert not found[100:300, column].any()


def test_nothing_moves_further_than_it_is_thick():
    true = np.zeros(SHAPE, bool)
    true[100:200, 200:212] = True
    line = np.zeros(SHAPE, bool)
    line[100:200, 204:206] = True
    (found,) = fitted(picture(true), [line])
    assert found[120:180].sum(axis=1).max() <= 4


def across_a_whole_frame(image, x, y, normals):
    """What `Edges.across` is to give, from the changes of colour of the whole frame."""
    step = outlines.outline_step(image.shape[:2])
    colours = cv2.cvtColor(np.asarray(image, np.float32) / np.float32(255), cv2.COLOR_RGB2LAB)
    colours = cv2.GaussianBlur(colours, (0, 0), 0.8 * step)
    right, down = (
        cv2.remap(
            cv2.Sobel(colours, cv2.CV_32F, *order, ksize=3) / 8 * step,
            x,
            y,
            cv2.INTER_LINEAR,
            None,
            cv2.BORDER_REPLICATE,
        )
        for order in ((1, 0), (0, 1))
    )
    size = np.linalg.norm(right * normals[:, None, :1] + down * normals[:, None, 1:], axis=2)
    peak = cv2.dilate(size, np.ones((1, 7), np.uint8))
    return np.minimum(peak / 12, 1) * size / np.maximum(peak, 1e-6)


@settings(deadline=None, max_examples=15)
@given(st.integers(60, 900), st.integers(60, 900), st.integers(1, 40), st.integers(0, 99))
def test_edges_are_the_same_as_those_of_the_whole_frame(height, width, count, seed):
    random = np.random.default_rng(seed)
    image = random.integers(0, 256, (height, width, 3), np.uint8)
    edges = Edges(image)
    points = (random.random((count, 2)) * [width, height]).astype(np.float32)
    angles = random.random(count) * 2 * np.pi
    normals = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    where = (
        points[:, None] + normals[:, None] * np.linspace(-4, 4, 17, dtype=np.float32)[None, :, None] * edges.step
    )
    x, y = where[..., 0], where[..., 1]
    assert (edges.across(x, y, normals) == across_a_whole_frame(image, x, y, normals)).all()


def test_many_masks_of_a_large_frame_are_moved_as_each_alone_and_without_much_memory():
    true = disc_with_a_notch((2160, 2880), 6)
    image = picture(true)
    masks = patches(
        [rough(true, "grown", 9), rough(np.roll(true, 900, 1), "shrunk", 9), np.roll(true, (700, 9), (0, 1))]
    )
    alone = [moved(mask, best_move(mask, Edges(image))) for mask in masks]
    tracemalloc.start()
    found = list(fit_outlines(image, masks))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert all((one.to_array() == other.to_array()).all() for one, other in zip(found, alone, strict=True))
    assert iou(found[0].to_array(), true) > 0.98
    assert (
        most < 5 * image.nbytes
    )  # the colours of all of it as floats are 4 times as large, their changes 8 times


def test_a_picture_without_objects_has_none_to_move():
    assert list(fit_outlines(np.zeros((*SHAPE, 3), np.uint8), [])) == []


@settings(deadline=None, max_examples=30)
@given(
    st.integers(0, 300), st.integers(0, 400), st.integers(1, 60), st.integers(1, 60),
    st.floats(-3, 3), st.floats(-3, 3), st.floats(-3, 3),
)  # fmt: skip
def test_a_mask_never_vanishes_and_moves_no_further_than_told(top, left, height, width, grow, right, down):
    mask = np.zeros(SHAPE, bool)
    mask[top : top + height, left : left + width] = True
    patch = Patch.from_array(mask)
    found = moved(patch, Move(grow, right, down)).to_array()
    assert found.any()
    assert moved(patch, Move(-99, 0, 0)) is patch
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
            self.seen += [Patch.from_array(task.visible, task.part).to_array() for task in tasks]
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
