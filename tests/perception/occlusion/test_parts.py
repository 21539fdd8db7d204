"""Objects are looked at in their part of the frame, and get what the whole frame would give them."""

import tracemalloc
from unittest.mock import patch as patched

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from perception.frame import FrameInfo
from perception.masks import Mask
from perception.models.sessions import Runtime
from perception.occlusion import learned, task
from perception.occlusion.completing import Completer
from perception.occlusion.external.crop import crop_of
from perception.occlusion.methods import shipped_methods
from perception.occlusion.network import Network
from perception.occlusion.patch import Part, Patch, patches, union
from perception.occlusion.shapes import shapes_of
from perception.occlusion.tracks import Video
from perception.occlusion.window import box_of, reachable, window_around
from perception.record import FrameRecord, Instance
from perception.scenes.scene import render_scene

HEIGHT, WIDTH = 150, 210
RUNTIME = Runtime(provider="cpu", threads=1)
ELSEWHERE = shapes_of([(np.tri(20, 30, 5, dtype=bool), -1), (np.ones((9, 12), bool), -1)])


@pytest.fixture(scope="module")
def network():
    return Network(runtime=RUNTIME)


class Plugged:
    """A method that follows from all that a model of somebody else is shown."""

    name = "plugged"

    def complete(self, tasks):
        return [self._one(one) if one.is_behind else None for one in tasks]

    def _one(self, one):
        crop = crop_of(one, 48)
        shown = crop.planes(["image", "visible", "occluder"])
        return crop.answer(cv2.blur(shown.sum(axis=0), (9, 9)) / shown.sum(axis=0).max(), one, float(shown.mean()))


def completed(network, record, known, image, rough):
    """The record, and each answer to the last bit."""
    answers = []

    def watched(method):
        complete = method.complete

        def kept(tasks):
            found = complete(tasks)
            for one, answer in zip(tasks, found, strict=True):
                whole = answer and Patch.from_array(answer[0], one.part).to_mask()
                answers.append((method.name, whole, answer and answer[1]))
            return found

        method.complete = kept
        return method

    methods = [watched(one) for one in (*shipped_methods(RUNTIME, network=network), Video(), Plugged())]
    elsewhere = {one.id: ELSEWHERE for one in record.instances}
    return Completer(methods).complete(record, known, image, elsewhere, rough), answers


def by_whole_frames():
    """Every task covers the whole frame."""

    def whole(visible, in_front):
        return Part.whole(visible.shape)

    return patched.object(task, "surrounding", whole), patched.object(learned, "surrounding", whole)


def same_as_by_whole_frames(network, masks, labels, known=None, rough=False, image=None):
    shape = masks[0].shape
    instances = [
        Instance(at, Mask.from_array(mask), 1.0, "known", label)
        for at, (mask, label) in enumerate(zip(masks, labels, strict=True))
    ]
    record = FrameRecord(FrameInfo("a", "", shape[1], shape[0], ""), tuple(instances))
    if image is None:
        image = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    told = record, known or {}, image, rough
    in_parts = completed(network, *told)
    first, second = by_whole_frames()
    with first, second:
        wholly = completed(network, *told)
    assert in_parts == wholly
    return [answer for answer in in_parts[1] if answer[1] is not None]


@pytest.mark.parametrize(("seed", "rough"), [(5000, False), (5002, True)])
def test_objects_of_scenes_get_the_same(network, seed, rough):
    scene = render_scene(seed, (240, 180), samples=1)
    masks = [one.visible.to_array() for one in scene.objects]
    if rough:
        masks = [cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool) for mask in masks]
    labels = [one.label for one in scene.objects]
    assert same_as_by_whole_frames(network, masks, labels, rough=rough, image=scene.image)


BLOCKS = st.lists(
    st.tuples(
        st.integers(-60, HEIGHT - 1), st.integers(-60, WIDTH - 1), st.integers(1, 140), st.integers(1, 190),
        st.sampled_from(["car", "person", "pole", "traffic sign", "thing"]), st.booleans(),
    ),
    min_size=1, max_size=6,
)  # fmt: skip
"""Top, left, height, width, class, and whether it is round, from the nearest to the farthest."""


def drawn(blocks, apart):
    """What is visible of the blocks, and their classes; `apart`: none covers another."""
    masks, labels, taken = [], [], np.zeros((HEIGHT, WIDTH), bool)
    for top, left, height, width, label, is_round in blocks:
        mask = np.zeros((HEIGHT, WIDTH), np.uint8)
        if is_round:
            middle = left + width // 2, top + height // 2
            cv2.ellipse(mask, middle, (width // 2, height // 2), 0, 0, 360, 1, cv2.FILLED)
        else:
            mask[max(top, 0) : max(top + height, 0), max(left, 0) : max(left + width, 0)] = 1
        seen = mask.astype(bool) & ~(taken & apart)
        if seen.any():
            masks.append(seen)
            labels.append(label)
            taken |= seen
    return masks, labels


@settings(max_examples=10, deadline=None)
@given(BLOCKS, st.booleans(), st.booleans(), st.sets(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=4))
@example([(5, 5, 8, 8, "car", False), (140, 200, 9, 9, "person", False)], True, False, {(1, 0)})  # far apart
@example(
    [(-5, -5, 140, 190, "car", True), (60, 100, 3, 3, "pole", False)], False, True, {(1, 0)}
)  # nearly all of it
@example([(149, 209, 1, 1, "car", False), (146, 203, 3, 5, "car", False)], True, True, {(1, 0)})  # in the corner
@example(
    [(20, 20, 60, 60, "car", False), (25, 25, 20, 20, "person", False)], False, False, {(1, 0)}
)  # all over it
def test_objects_in_odd_places_get_the_same(network, blocks, apart, rough, hiding):
    masks, labels = drawn(blocks, apart)
    known = {}
    for front, back in hiding:
        if max(front, back) < len(masks):
            known.setdefault(back, []).append(front)
    if masks:
        same_as_by_whole_frames(network, masks, labels, known, rough)


@settings(max_examples=100, deadline=None)
@given(BLOCKS, st.integers(0, 999))
def test_no_window_reaches_beyond_what_is_reachable(blocks, seed):
    masks, _ = drawn(blocks, True)
    if len(masks) < 2:
        return
    own, *others = patches(masks)
    x0, y0, x1, y1 = reachable(own.box, [one.box for one in others])
    in_front = union(others, Part.whole(own.shape)) & (np.random.default_rng(seed).random(own.shape) < 0.01)
    for shown in (in_front, np.zeros_like(in_front)):
        window = window_around(masks[0], shown)
        assert x0 <= window.left <= window.left + window.side <= x1
        assert y0 <= window.top <= window.top + window.side <= y1


def test_a_task_takes_little_of_a_large_frame():
    car, post = np.zeros((3000, 4000), bool), np.zeros((3000, 4000), bool)
    car[1000:1200, 2000:2300] = True
    post[900:1250, 2250:2300] = True
    seen = patches([car & ~post, post])
    tracemalloc.start()
    hidden, _ = task.frame_tasks(seen, ["car", "pole"], {(1, 0): 1.0})
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert hidden.is_behind
    assert hidden.visible.size < 0.1 * car.size
    assert most < 4 * car.size  # the count of what covers each pixel takes two bytes


@settings(max_examples=50, deadline=None)
@given(BLOCKS, BLOCKS, st.integers(0, 999))
def test_patches_are_the_masks(first, second, seed):
    masks = [*drawn(first, False)[0], *drawn(second, True)[0], np.zeros((HEIGHT, WIDTH), bool)]
    x0, x1 = sorted(np.random.default_rng(seed).integers(-20, WIDTH + 20, 2).tolist())
    part = Part.within((HEIGHT, WIDTH), x0, 30, x1, 90)
    for mask, one in zip(masks, patches(masks), strict=True):
        assert one.box == box_of(mask) == Patch.of(Mask.from_array(mask)).box
        assert (one.to_array() == mask).all()
        assert (Patch.of(one.to_mask()).pixels == one.pixels).all()
        assert (one.inside(part) == part.of(mask)).all()
        border = mask[0].any() or mask[-1].any() or mask[:, 0].any() or mask[:, -1].any()
        assert one.cut_by_frame == Part.whole(mask.shape).cut_by_frame(mask) == border
    assert (union(patches(masks), part) == part.of(np.logical_or.reduce(masks))).all()
