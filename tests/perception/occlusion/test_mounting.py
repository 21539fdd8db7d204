import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perception.occlusion.mounting import mounted
from perception.occlusion.order import infer_order
from perception.occlusion.patch import patches
from perception.occlusion.training.mounted_scenes import mounted_scene

SHAPE = (160, 240)


def block(x, y, wide, high):
    mask = np.zeros(SHAPE, bool)
    mask[y : y + high, x : x + wide] = True
    return mask


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ("pole", "SignSymbol", True),
        ("traffic light", "Pole", True),
        ("TrafficLight", "poles", True),
        ("traffic.lights", "flag_pole", True),
        ("street_light", "banners", True),
        ("Street Light", "pole", True),
        ("streetlight", "pole", True),
        ("lamppost", "Billboards", True),
        ("bollard", "car", False),
        ("sign", "traffic light", False),
        ("pole", "pole", False),
        ("light truck", "pole", False),
        ("light rail", "pole", False),
        ("tail light", "pole", False),
        ("", "pole", False),
        ("", "", False),
    ],
)
def test_a_pole_and_what_poles_carry_are_told_by_their_names(first, second, told):
    assert mounted(first, second) is mounted(second, first) is told


def test_a_lamp_beside_its_pole_hides_nothing_of_it_and_a_plate_before_it_does():
    pole, lamp = block(100, 10, 5, 140), block(105, 50, 14, 36)
    assert infer_order(patches([pole, lamp]), labels=["pole", "traffic light"]) == {}
    assert set(infer_order(patches([pole, lamp]))) == {(0, 1)}
    plate = block(88, 40, 30, 28)
    assert set(infer_order(patches([pole & ~plate, plate]), labels=["pole", "sign"])) == {(1, 0)}


def test_each_mask_has_a_label_or_none_has():
    masks = patches([block(100, 10, 5, 140), block(105, 50, 14, 36)])
    for labels in (["pole"], ["pole", "sign", "car"]):
        with pytest.raises(ValueError, match="2 masks"):
            infer_order(masks, labels=labels)
    assert infer_order(masks, labels=np.array(["pole", "sign"])) == {}


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_drawn_boards_and_posts_are_apart_and_hide_each_other_one_way(seed):
    one = mounted_scene(np.random.default_rng(seed))
    if one is None:
        return
    assert len(one.masks) in (2, 3)
    assert min(int(mask.sum()) for mask in one.masks) >= 12
    assert np.sum(one.masks, axis=0).max() == 1
    assert not {pair[::-1] for pair in one.hides} & one.hides
    again = mounted_scene(np.random.default_rng(seed))
    assert again is not None
    assert all(np.array_equal(mask, same) for mask, same in zip(one.masks, again.masks, strict=True))


def test_boards_are_drawn_before_their_posts_beside_them_and_behind():
    kinds = set()
    for seed in range(60):
        one = mounted_scene(np.random.default_rng(seed))
        if one is not None:
            kinds |= {"board" if front == 0 else "post" for front, _ in one.hides} or {"neither"}
    assert kinds == {"board", "post", "neither"}
