"""A score refitted to few masks, and the masks it is refitted to."""

from dataclasses import replace

import numpy as np
import pytest
from drawn import RectangleSegmenter, draw, rectangle_head
from hypothesis import given, settings
from hypothesis import strategies as st

from perception.masks import Mask
from perception.proposals.mask_score import MEASURES, MaskScore, shipped
from perception.proposals.score_fitting import ALL, ALL_AS_ASKED, Examples, examples_of, refit

THINGS = [(40, 60, 120, 160), (200, 100, 280, 180)]


def examples(count, seed=0):
    """Measures as masks of photographs have them, and things where one feature is above its middle."""
    random = np.random.default_rng(seed)
    middle, spread = np.array([-0.7, -0.3, -0.2, -0.2, -5.6, 0.8]), np.array([0.4, 0.25, 0.2, 0.1, 0.9, 0.1])
    measured = middle + spread * random.normal(size=(count, len(MEASURES)))
    features = random.normal(size=(count, 8)).astype(np.float32)
    return Examples(measured.astype(np.float32), features, features[:, 3] > 0)


def first(found, count):
    return Examples(found.measured[:count], found.features[:count], found.thing[:count])


def chances(score, found):
    return score.chances(found.measured, found.features)


def rectangle(left, top, right, bottom, height=240, width=320):
    pixels = np.zeros((height, width), bool)
    pixels[top:bottom, left:right] = True
    return Mask.from_array(pixels)


def test_without_examples_the_old_score_comes_back():
    assert refit(shipped(), Examples.join([])) == shipped()


def test_many_examples_weigh_more_than_the_old_score_and_few_do_not():
    found, old = examples(600), chances(shipped(), examples(600))
    few, many = (refit(shipped(), first(found, count)) for count in (3, 600))
    assert ((chances(many, found) > 0.5) == found.thing).mean() > 0.9
    assert ((old > 0.5) == found.thing).mean() < 0.6
    assert np.abs(chances(few, found) - old).mean() < 0.1
    assert np.argmax(np.abs(many.readout)) == 3


def test_a_score_is_refitted_from_its_own_readout_on():
    found = examples(600)
    score = refit(shipped(), found)
    assert chances(refit(score, first(found, 1)), found) == pytest.approx(chances(score, found), abs=0.05)


@settings(max_examples=25)
@given(st.integers(1, 40), st.integers(0, 99), st.booleans())
def test_examples_of_one_kind_alone_move_the_score_their_way_and_break_nothing(count, seed, thing):
    found = examples(count, seed)
    score = refit(shipped(), replace(found, thing=np.full(count, thing)))
    assert np.isfinite(list(score.weights.values())).all()
    before, after = chances(shipped(), found), chances(score, found)
    assert np.log(after if thing else 1 - after).sum() >= np.log(before if thing else 1 - before).sum() - 1e-3


def test_a_measure_that_never_changes_keeps_its_weight():
    found = examples(50)
    found.measured[:, 4] = 0.3
    score = refit(shipped(), found)
    assert score.weights["area"] == pytest.approx(shipped().weights["area"], abs=1e-4)


def test_masks_on_things_and_on_nothing_are_examples_and_those_on_what_is_ignored_are_not():
    segmenter, head = RectangleSegmenter(), rectangle_head()
    embedding = segmenter.embed(draw(THINGS))
    first, second, nothing = rectangle(*THINGS[0]), rectangle(*THINGS[1]), Mask.empty(240, 320)
    both = examples_of(segmenter, embedding, head, (first, second), nothing)
    one = examples_of(segmenter, embedding, head, (first,), nothing)
    other = examples_of(segmenter, embedding, head, (first,), second)
    assert [sorted(set(found.thing.tolist())) for found in (both, one, other)] == [[True], [False, True], [True]]
    assert len(other) < len(one)
    assert both.measured.shape == (len(both), len(MEASURES))
    assert both.features == pytest.approx(np.tile([1.0, 0.0], (len(both), 1)))  # the cells of things
    assert len(examples_of(segmenter, segmenter.embed(draw([])), head, (), nothing)) == 0


def test_points_are_asked_where_labelling_asks_them():
    """Masks that labelling drops leave their thing uncovered, so it asks points there; the masks are examples."""
    doubtful = MaskScore({**dict.fromkeys(MEASURES, 0.0), "intercept": -5.0})
    head, asked = replace(rectangle_head(), own_score=doubtful), []
    for options in (ALL, ALL_AS_ASKED):
        segmenter = RectangleSegmenter()
        embedding, nothing = segmenter.embed(draw(THINGS)), Mask.empty(240, 320)
        assert len(examples_of(segmenter, embedding, head, (), nothing, options))
        asked.append(sum(len(one) for one in segmenter.asked if one.points.shape[1] == 1))
    assert asked[0] < asked[1]
