"""The learned shape with the weights that the package carries."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codriver.errors import FileFormatError, NotFoundError
from perception.masks import Mask
from perception.models.sessions import Runtime
from perception.occlusion.learned import Learned, filled
from perception.occlusion.network import Network
from perception.occlusion.own_shapes import WholeObject, own_shapes
from perception.occlusion.patch import patches
from perception.occlusion.prior import Prior
from perception.occlusion.task import Task, frame_tasks
from perception.occlusion.training.library import draw
from perception.occlusion.training.placing import put, scaled

HEIGHT, WIDTH = 150, 220
NOTHING = np.zeros((HEIGHT, WIDTH), bool)


@pytest.fixture(scope="module")
def learned():
    return Learned(Network(runtime=Runtime(provider="cpu", threads=1)), Prior())


def shape(kind, seed, longest, left, bottom):
    """A silhouette that was not trained on."""
    ((_, drawn),) = draw(1, 5_000_000 + seed, {kind: 1.0})
    canvas, placed = np.zeros((HEIGHT, WIDTH), np.uint8), scaled(drawn, longest)
    put(canvas, placed, left, bottom - placed.shape[0])
    return canvas > 0


def whole_frame(task):
    """The same task with planes of the whole frame."""

    def pasted(plane):
        found = np.zeros(task.part.frame, plane.dtype)
        task.part.of(found)[:] = plane
        return found

    planes = {name: pasted(getattr(task, name)) for name in ("visible", "may_hide", "in_front", "neighbours")}
    return replace(task, **planes, place=None)


def hidden_cars():
    """Tasks of cars with a person before them, and the whole cars."""
    found = []
    for seed in range(8):
        car, person = shape("car", seed, 90, 60, 120), shape("person", seed, 75, 75 + 5 * seed, 130)
        if 0.1 < (car & person).sum() / car.sum() < 0.6:
            masks = [car & ~person, person]
            found.append((whole_frame(next(frame_tasks(patches(masks), ["car", "person"], {(1, 0): 1.0}))), car))
    return found


def hidden_iou(answer, task, whole):
    truth, guess = whole & ~task.visible, answer[0] & ~task.visible
    return (truth & guess).sum() / (truth | guess).sum()


def test_hidden_parts_of_cars_are_filled_in_and_it_knows_how_well(learned):
    tasks = hidden_cars()
    assert len(tasks) >= 3
    answers = learned.complete([task for task, _ in tasks])
    reached = [hidden_iou(answer, *task) for answer, task in zip(answers, tasks, strict=True)]
    assert np.mean(reached) > 0.7
    assert abs(np.mean([answer[1] for answer in answers]) - np.mean(reached)) < 0.2
    for (whole, _), (task, _) in zip(answers, tasks, strict=True):
        assert (whole >= task.visible).all()
        assert not (whole & ~task.visible & ~task.may_hide).any()


def test_many_objects_at_once_get_the_answers_that_each_gets_alone(learned):
    tasks = [task for task, _ in hidden_cars()]
    for alone, together in zip(
        (learned.complete([task])[0] for task in tasks), learned.complete(tasks), strict=True
    ):
        assert (alone[0] != together[0]).sum() <= 2
        assert alone[1] == pytest.approx(together[1], abs=1e-4)
    assert learned.complete([]) == []


@pytest.mark.parametrize("kind", ["car", "person", "sign", "pole", "thing"])
def test_what_nothing_hides_stays_as_it_is(learned, kind):
    label = kind if kind != "thing" else "object 7"
    tasks = [Task(shape(kind, seed, 80, 70, 120), NOTHING, label) for seed in range(6)]
    changed = [
        int((answer[0] != task.visible).sum()) for answer, task in zip(learned.complete(tasks), tasks, strict=True)
    ]
    assert sum(one > 0 for one in changed) <= 1


def test_without_anything_known_in_front_a_missing_part_is_seen(learned):
    added = []
    for task, whole in hidden_cars():
        unknown = Task(task.visible, NOTHING, "car")
        (answer,) = learned.complete([unknown])
        added.append(hidden_iou(answer, unknown, whole))
        # Where another object is seen, nothing of it can be hidden.
        ((beside, _),) = learned.complete([replace(unknown, neighbours=~task.visible)])
        assert (beside == task.visible).all()
        # Of what the picture's border cuts, no part is missed.
        first = int(np.flatnonzero(task.visible.any(0))[0])
        cut = np.roll(task.visible, -first, axis=1)
        ((at_border, _),) = learned.complete([Task(cut, NOTHING, "car")])
        assert (at_border == cut).all()
    assert np.mean([one > 0.4 for one in added]) > 0.5


def test_holes_are_not_filled_where_nothing_is_known_in_front(learned):
    added = 0
    for task, _ in hidden_cars():
        y, x = (int(np.median(places)) for places in np.nonzero(task.visible))
        ring = task.visible.copy()
        ring[y - 4 : y + 5, x - 4 : x + 5] = False
        hole = filled(ring) & ~ring
        ((found, _),) = learned.complete([Task(ring, NOTHING, "car")])
        assert not (found & hole).any()
        added += int((found & ~ring).sum())
    assert added > 0  # so holes are left although it guesses elsewhere


def test_whole_objects_of_the_file_steady_what_is_completed(learned):
    ((task, whole), *_) = hidden_cars()
    x, y, width, height = Mask.from_array(whole).box
    same = WholeObject("", whole[y : y + height, x : x + width], 0)
    knowing = Prior(own_shapes([same] * 8))
    assert knowing.knows("car")
    assert not knowing.knows("person")
    assert not Prior(own_shapes([same] * 7)).knows("car")
    before, after = (
        hidden_iou(one.complete([task])[0], task, whole) for one in (learned, Learned(learned._network, knowing))
    )
    assert after > max(before, 0.85)


def test_a_car_cut_by_something_looks_incomplete_and_claims_a_part_of_it(learned):
    whole = shape("car", 1, 90, 60, 120)
    half, post = whole.copy(), np.zeros_like(whole)
    half[:, 110:] = False
    post[20:160, 110:] = True
    whole &= ~post
    says = learned.claims(patches([half, post, whole]), ["car", "", "car"], False, [0, 1])
    assert set(says) == {0, 1}
    assert says[0].missing > 0
    assert says[0].pixels[1] > says[1].pixels[0]


def test_rough_masks_are_no_outline_to_stick_to(learned):
    task, whole = hidden_cars()[0]
    grown = replace(
        task, visible=Mask.from_array(task.visible).to_array() | np.roll(task.visible, 2, axis=0), exact=False
    )
    ((found, _),) = learned.complete([grown])
    assert (found & whole).sum() / (found | whole).sum() > 0.8


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.booleans(), st.booleans())
def test_any_masks_get_an_answer_of_their_size(learned, seed, exact, known):
    rng = np.random.default_rng(seed)
    visible = np.zeros((int(rng.integers(1, 60)), int(rng.integers(1, 60))), bool)
    visible[rng.integers(visible.shape[0]), rng.integers(visible.shape[1])] = True
    visible |= rng.random(visible.shape) < rng.random()
    may_hide = (rng.random(visible.shape) < 0.5) & ~visible & known
    ((whole, sure),) = learned.complete([Task(visible, may_hide, "car", exact=exact)])
    assert whole.shape == visible.shape
    assert 0 <= sure <= 1
    assert whole.any()


def test_files_that_are_no_shape_network_are_refused(tmp_path):
    with pytest.raises(NotFoundError, match=r"shape\.onnx"):
        Network(tmp_path / "shape.onnx")
    (tmp_path / "shape.onnx").write_text("nonsense")
    with pytest.raises(FileFormatError, match=r"shape\.onnx"):
        Network(tmp_path / "shape.onnx")
