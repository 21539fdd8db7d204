"""Votes of whole shapes on what is hidden."""

import numpy as np

from perception.occlusion.prior import Prior
from perception.occlusion.task import Task


def _scene():
    car = np.zeros((120, 200), bool)
    car[40:90, 50:150] = True
    post = np.zeros_like(car)
    post[20:110, 90:115] = True
    return car, post


def test_what_a_post_hides_is_added_and_nothing_beside_it():
    car, post = _scene()
    ((whole, sure),) = Prior().complete([Task(car & ~post, post, "car")])
    assert 0 < sure < 1
    assert not (whole & ~(car | post)).any()
    assert (whole & ~car).sum() < 300
    assert (whole & car & post).sum() > 0.8 * (car & post).sum()


def test_of_what_nothing_hides_it_has_no_idea():
    car, _ = _scene()
    assert Prior().complete([Task(car, np.zeros_like(car), "car")]) == [None]
