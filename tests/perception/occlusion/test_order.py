import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perception.evaluation.opening import open_truth
from perception.masks import Mask
from perception.occlusion.network import Network
from perception.occlusion.order import FrameOutlines, infer_order
from perception.occlusion.order_model import (
    OUTLINES_ALONE,
    WITH_CLAIMS,
    OrderModel,
    read_models,
    shipped_model,
    write_models,
)
from perception.occlusion.pair_features import Claim, Claims, features, neighbours, outline
from perception.occlusion.patch import Patch, patches
from perception.occlusion.training.fit_order import examples, fit_both, mounted_examples

SHAPE = (160, 240)


def block(x, y, wide, high, shape=SHAPE):
    mask = np.zeros(shape, bool)
    mask[y : y + high, x : x + wide] = True
    return mask


def car(x, bottom, wide=100, high=44):
    cabin = block(x + wide // 5, bottom - high, wide * 3 // 5, high // 2)
    return block(x, bottom - high // 2, wide, high // 2) | cabin


def order_of(masks, **told):
    return infer_order(patches(masks), **told)


def test_a_person_before_a_car_hides_it_and_a_person_behind_it_is_hidden():
    person, whole = block(100, 60, 18, 80), car(50, 130)
    assert list(order_of([whole & ~person, person])) == [(1, 0)]
    behind = block(100, 40, 18, 80)
    assert list(order_of([whole, behind & ~whole])) == [(0, 1)]


def test_a_post_that_cuts_a_car_in_two_hides_it():
    post, whole = block(97, 30, 6, 108), car(50, 130)
    assert list(order_of([post, whole & ~post])) == [(0, 1)]


def test_a_sign_stands_before_the_pole_that_carries_it():
    plate, pole = block(90, 40, 30, 26), block(103, 66, 4, 80)
    assert list(order_of([plate, pole])) == [(0, 1)]


def test_what_looks_incomplete_is_rather_behind_and_what_is_claimed_rather_in_front():
    shape = (SHAPE[0], SHAPE[1])
    first, second = (
        outline(Patch.from_array(block(60, 60, 40, 60))),
        outline(Patch.from_array(block(90, 62, 40, 58))),
    )
    known, touch = features(first, second, shape)
    for claims in (Claims(missing=4.0), Claims(by_first=30.0, by_second=900.0)):
        told, _ = features(first, second, shape, claims)
        assert shipped_model().pairs.direction_score(told) > shipped_model().pairs.direction_score(known)
    claimed = features(first, second, shape, Claims(by_first=900.0))
    assert shipped_model().pairs.contact_chance(*claimed) > shipped_model().pairs.contact_chance(known, touch)


def test_those_with_neighbours_are_asked_what_they_claim():
    asked = []

    def ask(places):
        asked.append(list(places))
        return {1: Claim(pixels={0: 600.0})}

    boxes = [block(20, 60, 40, 60), block(58, 61, 40, 60), block(200, 60, 20, 20)]
    assert list(order_of(boxes, ask=ask)) == [(0, 1)]
    assert asked == [[0, 1]]


def test_things_that_stand_side_by_side_do_not_hide_each_other():
    assert order_of([block(40, 60, 40, 60), block(82, 62, 40, 58)]) == {}
    # Where they touch all along, it cannot tell, and knows that.
    assert all(sure < 0.6 for sure in order_of([block(40, 60, 40, 60), block(80, 62, 40, 58)]).values())
    assert order_of([block(10, 60, 40, 60), block(180, 62, 40, 58)]) == {}
    assert order_of([]) == {}


def test_what_hides_the_occluder_hides_a_thing_close_behind_it_too():
    first, second, third = car(20, 140, 110, 60), car(60, 124, 100, 50), car(110, 112, 80, 40)
    seen = [first, second & ~first, third & ~second & ~first]
    found = order_of(seen)
    assert {(0, 1), (1, 2)} <= set(found)
    assert all(front < back for front, back in found)


BOX = st.tuples(st.integers(0, 200), st.integers(0, 130), st.integers(1, 100), st.integers(1, 90))


@settings(max_examples=60, deadline=None)
@given(BOX, BOX)
def test_swapping_two_masks_swaps_the_answer(first, second):
    front, whole = block(*first), block(*second)
    back = whole & ~front
    if not (front.any() and back.any()):
        return
    one, two = outline(Patch.from_array(front)), outline(Patch.from_array(back))
    assert list(neighbours([one, two], SHAPE)) == list(neighbours([two, one], SHAPE))
    if list(neighbours([one, two], SHAPE)):
        (direction, contact), (turned, same) = features(one, two, SHAPE), features(two, one, SHAPE)
        assert np.isfinite(direction).all()
        assert np.isfinite(contact).all()
        assert direction == pytest.approx(-turned)
        assert contact[2:] == pytest.approx(same[2:]) or contact[0] == same[0]
    assert {pair[::-1] for pair in order_of([back, front])} == set(order_of([front, back]))


def test_the_answer_does_not_depend_on_the_resolution():
    person, whole = block(100, 60, 18, 80), car(50, 130)
    masks = [whole & ~person, person]
    large = [mask.repeat(4, axis=0).repeat(4, axis=1) for mask in masks]
    assert order_of(large).keys() == order_of(masks).keys()


def test_the_weights_survive_writing_and_name_every_feature(tmp_path):
    models = {WITH_CLAIMS: shipped_model(), OUTLINES_ALONE: shipped_model(claims=False)}
    write_models(tmp_path / "order.json", models)
    again = read_models(tmp_path / "order.json")
    assert {name: one.to_json() for name, one in again.items()} == {
        name: one.to_json() for name, one in models.items()
    }
    document = models[WITH_CLAIMS].to_json()
    del document["pairs"]["contact"]["gap"]
    with pytest.raises(KeyError, match="gap"):
        OrderModel.from_json(document)


def drawn_truth(path, count):
    """Frames of three boxes, each partly before the next, and one that stands apart but touches."""
    random = np.random.default_rng(0)
    images, annotations = [], []
    for number in range(1, count + 1):
        images.append({"id": number, "file_name": f"{number}.png", "width": SHAPE[1], "height": SHAPE[0]})
        x, drop = int(random.integers(10, 50)), int(random.integers(8, 14))
        step = 14 if number % 2 else 26
        wholes = [block(x + step * k, 90 - drop * k, 40, 50 - 5 * k) for k in range(3)] + [
            block(x - 10, 95, 10, 45)
        ]
        taken = np.zeros(SHAPE, bool)
        for place, whole in enumerate(wholes):
            hidden = [number * 10 + front for front in range(min(place, 3)) if (wholes[front] & whole).any()]
            mask = Mask.from_array(whole & ~taken)
            annotations.append(
                {
                    "id": number * 10 + place,
                    "image_id": number,
                    "category_id": 1,
                    "segmentation": mask.to_coco(),
                    "bbox": list(mask.box),
                    "area": mask.area,
                    "iscrowd": 0,
                    "attributes": {"occluded_by": hidden},
                }
            )
            taken |= whole
    categories = [{"id": 1, "name": "box"}]
    path.write_text(json.dumps({"images": images, "annotations": annotations, "categories": categories}))
    return open_truth(path, "", 1)


def test_fitting_learns_the_order_of_drawn_frames(tmp_path):
    network = Network()
    given = [*examples(drawn_truth(tmp_path / "truth.json", 12), network), *mounted_examples(40, network)]
    models = fit_both(given)
    assert all(models[OUTLINES_ALONE].to_json()["pairs"]["direction"][name] == 0 for name in ("missing", "claim"))
    for image in drawn_truth(tmp_path / "others.json", 16):
        masks = [one.mask.to_array() for one in image.annotations]
        place = {one.id: index for index, one in enumerate(image.annotations)}
        true = {(place[front], place[one.id]) for one in image.annotations for front in one.occluded_by}
        assert set(FrameOutlines(patches(masks)).order(models[OUTLINES_ALONE])) >= true
