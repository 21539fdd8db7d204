from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from perception.discovery.known import explain
from perception.masks import iou_matrix
from perception.models.roles import Detections
from perception.proposals.candidates import Candidates, distinct, overlap_matrices
from perception.proposals.enlarge import enlarged
from perception.proposals.mask_score import shipped

MASKS = arrays(bool, st.tuples(st.integers(1, 6), st.just(8), st.just(8)))


def candidates(masks):
    count = len(masks)
    ones = np.ones(count, np.float32)
    logits, features = np.where(masks, 4, -4).astype(np.float32), np.zeros((count, 2), np.float32)
    return Candidates(logits, ones, ones, ones, ones, ones, np.full(count, -1), features)


@given(MASKS)
def test_overlaps_are_symmetric_within_bounds_and_one_with_itself(masks):
    iou, share = overlap_matrices(masks)
    assert np.array_equal(iou, iou.T)
    assert (iou >= 0).all()
    assert (share <= 1).all()
    assert (iou <= share + 1e-6).all()
    full = masks.any(axis=(1, 2))
    assert np.allclose(np.diag(iou)[full], 1)


@given(MASKS, st.floats(0.1, 0.9), st.floats(0.1, 1))
def test_no_two_masks_that_stay_are_nearly_the_same(masks, limit, part):
    priority = np.arange(len(masks), 0, -1).astype(np.float32)
    kept = distinct(candidates(masks), priority, limit, part)
    assert kept[0] == 0
    iou, share = overlap_matrices(masks[kept])
    better = np.tril(np.ones_like(iou, bool), -1)
    assert (iou[better] <= limit).all()
    assert (share[better] <= part).all()


def test_a_part_of_a_better_mask_goes_and_a_whole_around_a_better_part_stays():
    masks = np.zeros((2, 8, 8), bool)
    masks[0, :6], masks[1, :2] = True, True
    assert distinct(candidates(masks), np.array([2.0, 1.0]), 0.6, 0.8) == [0]
    assert distinct(candidates(masks), np.array([1.0, 2.0]), 0.6, 0.8) == [1, 0]


@given(arrays(np.float32, (8, 8), elements=st.floats(-5, 5, width=32)), st.integers(1, 70), st.integers(1, 70))
def test_an_enlarged_mask_has_the_frames_size_and_only_pixels_near_the_small_one(logits, height, width):
    mask = enlarged(logits, height, width)
    assert (mask.height, mask.width) == (height, width)
    if not (logits > 0).any():
        assert mask.area == 0
    if (logits > 0).all():
        assert mask.area == height * width


def test_enlarging_in_strips_gives_the_same_mask(monkeypatch):
    y, x = np.mgrid[:32, :32]
    logits = (10 - np.hypot(x - 16, y - 14)).astype(np.float32)
    once = enlarged(logits, 300, 400)
    monkeypatch.setattr("perception.proposals.enlarge._STRIP_PIXELS", 1000)
    assert iou_matrix([once], [enlarged(logits, 300, 400)])[0, 0] == 1


def test_a_weak_detection_does_not_make_a_sure_thing_count_less():
    masks = np.zeros((3, 8, 8), bool)
    masks[:, :4, :4] = True
    found = replace(candidates(masks), objectness=np.full(3, 0.25, np.float32), hint=np.array([-1, 0, 1]))
    detections = Detections(np.zeros((2, 4), np.float32), np.float32([0.3, 0.999]), ("dog", "cat"))
    (own, nothing), (weak, dog), (sure, cat) = explain(found.chances(shipped()), found.hint, detections)
    assert (nothing, dog, cat) == ("", "dog", "cat")
    assert own == weak < sure
