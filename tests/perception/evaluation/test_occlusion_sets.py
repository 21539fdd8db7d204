import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from truth_kit import box, class_map, image, images, thing

from codriver.cli import root
from codriver.errors import InputError
from perception.evaluation.coco_files import read_coco
from perception.evaluation.mask_errors import disturbed
from perception.evaluation.occlusion_files import write_occlusions
from perception.evaluation.occlusion_sets import OcclusionOptions, extent_visible, make_occlusions, whole_objects
from perception.masks import Mask, iou_matrix

SMALL = OcclusionOptions(count=6, minimum_area=50)
TRUTH = images(image(thing(1, box(5, 8, 16, 12)), thing(2, box(34, 10, 14, 16), "Sign")))


def load(name):
    pixels = np.full((40, 60, 3), 90, np.uint8)
    pixels[8:20, 5:21] = (200, 0, 0)
    pixels[10:26, 34:48] = (0, 200, 0)
    return pixels


def scenes(**changed):
    return list(make_occlusions(TRUTH, load, [], OcclusionOptions(**{**SMALL.__dict__, **changed})))


def test_a_scene_hides_its_target_as_far_as_asked_and_keeps_the_whole_shape():
    made = scenes(hidden=(0.3, 0.5))
    assert len(made) == 6
    for scene in made:
        by_id = {one.id: one for one in scene.annotations}
        target, occluder = by_id[scene.target], by_id[scene.occluder]
        assert 0.3 <= target.occlusion_rate <= 0.5
        assert target.occlusion_rate == pytest.approx(1 - target.mask.area / target.amodal.area)
        assert target.amodal in [one.mask for one in TRUTH.images["a.png"].annotations]
        assert (target.mask & occluder.mask).area == 0
        assert target.occluded_by == (occluder.id,)
        changed = (scene.image != load("")).any(axis=2)
        assert changed.any()
        grown = cv2.dilate(occluder.mask.to_array().astype(np.uint8), np.ones((5, 5))).astype(bool)
        assert not (changed & ~grown).any()  # nothing but the occluder was painted


@pytest.mark.parametrize("extent", ["visible", "hidden"])
def test_the_extent_is_as_asked(extent):
    for scene in scenes(extent=extent):
        target = next(one for one in scene.annotations if one.id == scene.target)
        assert extent_visible(target.mask.to_array(), target.amodal.to_array()) == (extent == "visible")


def test_the_same_seed_gives_the_same_scenes_and_another_seed_others():
    first, again, other = scenes(seed=3), scenes(seed=3), scenes(seed=4)
    assert all(np.array_equal(a.image, b.image) for a, b in zip(first, again, strict=True))
    assert not all(np.array_equal(a.image, b.image) for a, b in zip(first, other, strict=True))


def test_cut_touching_and_occluded_objects_are_not_taken_for_whole():
    cut, left, right = box(0, 5, 10, 10), box(20, 5, 10, 10), box(31, 5, 10, 10)
    assert whole_objects(image(thing(1, cut), thing(2, left), thing(3, right)), 50) == []
    told = [thing(2, left, occlusion_rate=0.0), thing(3, right, occlusion_rate=0.3)]
    assert [one.id for one in whole_objects(image(*told), 50)] == [2]


@given(st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_a_disturbed_mask_is_off_by_no_more_than_asked(pixels, seed):
    mask = box(20, 10, 12, 11)
    changed = disturbed(mask, pixels, np.random.default_rng(seed))
    kernel = np.ones((2 * pixels + 1,) * 2, np.uint8)
    outer = cv2.dilate(mask.to_array().astype(np.uint8), kernel).astype(bool)
    inner = cv2.erode(mask.to_array().astype(np.uint8), kernel).astype(bool)
    found = changed.to_array()
    assert (found <= outer).all()
    assert (inner <= found).all()
    assert changed != mask


def test_a_mask_that_would_vanish_stays():
    thin = box(3, 3, 30, 1)
    assert all(disturbed(thin, 3, np.random.default_rng(seed)).area for seed in range(12))


@pytest.fixture
def dataset(tmp_path):
    class_map(tmp_path / "maps" / "a.png", {8: box(5, 8, 16, 12), 6: box(34, 10, 14, 16)})
    (tmp_path / "images").mkdir()
    cv2.imwrite(str(tmp_path / "images" / "a.png"), load(""))
    return tmp_path


def run(folder, *more, out="out"):
    fixed = [
        "--names",
        "camvid",
        "--images",
        folder / "images",
        "--out",
        folder / out,
        "--min-area",
        50,
        "--count",
        5,
    ]
    return CliRunner().invoke(root, ["make-occlusions", str(folder / "maps"), *map(str, [*fixed, *more])])


def test_the_command_writes_a_set_that_evaluate_reads(dataset):
    assert run(dataset).exit_code == 0
    truth, given = read_coco(dataset / "out" / "truth.json"), read_coco(dataset / "out" / "input.json")
    assert len(truth.images) == 5
    for name, one in truth.images.items():
        assert [a.mask for a in one.annotations] == [a.mask for a in given.images[name].annotations]
        assert all(a.amodal is None and a.occluded_by is None for a in given.images[name].annotations)
    arguments = ["evaluate", dataset / "out" / "input.json", "--truth", dataset / "out" / "truth.json"]
    told = json.loads(CliRunner().invoke(root, [*map(str, arguments), "--amodal", "--json"]).stdout)
    assert told["amodal"]["occluded"]["hidden_iou"] == 0
    assert 0.4 <= told["amodal"]["occluded"]["full_iou"] <= 0.8


def test_what_is_given_can_be_less_or_worse_than_the_truth(dataset):
    assert run(dataset, "--occluders", "none", "--mask-error", 2).exit_code == 0
    truth = json.loads((dataset / "out" / "truth.json").read_text())
    given = json.loads((dataset / "out" / "input.json").read_text())
    assert len(truth["annotations"]) - len(given["annotations"]) == 5
    exact = {one["id"]: Mask.from_coco(one["segmentation"], 40, 60) for one in truth["annotations"]}
    for one in given["annotations"]:
        assert 0.2 < iou_matrix([Mask.from_coco(one["segmentation"], 40, 60)], [exact[one["id"]]])[0, 0] < 1


def test_a_folder_that_is_not_empty_and_impossible_wishes_are_refused(dataset):
    (dataset / "out").mkdir()
    (dataset / "out" / "mine.txt").write_text("")
    for result, problem in [
        (run(dataset), "is not empty"),
        (run(dataset, "--classes", "Tram", out="new"), "no class 'Tram'"),
        (run(dataset, "--min-area", 4000, out="new"), "No scene could be made"),
    ]:
        assert isinstance(result.exception, InputError)
        assert problem in str(result.exception)
    assert [one.name for one in (dataset / "out").iterdir()] == ["mine.txt"]
    assert not (dataset / "new").exists()


def test_a_gap_in_the_ids_of_a_scene_gives_no_id_twice(tmp_path):
    """An object that the pasted one hides entirely is left out, and its id with it."""
    scene = scenes()[0]
    gap = replace(scene, annotations=tuple(replace(one, id=one.id * 3) for one in scene.annotations))
    write_occlusions([gap, gap, gap], tmp_path / "out", {})
    found = json.loads((tmp_path / "out/truth.json").read_text())["annotations"]
    assert len({one["id"] for one in found}) == len(found) == 3 * len(gap.annotations)
