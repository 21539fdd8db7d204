import json

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from codriver.errors import InputError, NotFoundError, ResourceError
from perception.commands.scenes import scenes as command
from perception.masks import Mask
from perception.scenes.layout import MAKERS, ON_WALLS
from perception.scenes.parts import moved
from perception.scenes.raster import View, draw
from perception.scenes.rendering import Camera, silhouette
from perception.scenes.scene import CLASS_NAMES, STUFF, render_drive, render_scene
from perception.scenes.silhouettes import silhouettes
from perception.scenes.writing import SceneJob, write_scenes

SIZE = (96, 64)


@pytest.fixture(scope="module")
def drive():
    return render_drive(4, 2, SIZE, samples=1)


def test_the_same_seed_gives_the_same_scene(drive):
    again = render_scene(4, SIZE, samples=1)
    assert np.array_equal(again.image, drive[0].image)
    assert np.array_equal(again.class_map, drive[0].class_map)
    assert again.objects == drive[0].objects
    assert not np.array_equal(render_scene(5, SIZE, samples=1).image, again.image)


def test_pictures_have_the_size_that_was_asked_for(drive):
    for scene in drive:
        assert scene.image.shape == (SIZE[1], SIZE[0], 3)
        assert scene.class_map.shape == (SIZE[1], SIZE[0])


def test_whole_masks_contain_visible_ones_which_do_not_overlap(drive):
    for scene in drive:
        assert len(scene.objects) > 3
        taken = np.zeros(scene.class_map.shape, int)
        for thing in scene.objects:
            assert (thing.visible & thing.amodal).area == thing.visible.area > 0
            taken += thing.visible.to_array()
            names = {CLASS_NAMES[value] for value in scene.class_map[thing.visible.to_array()]}
            assert names == {thing.label}
        assert taken.max() == 1


def test_what_hides_a_thing_is_seen_where_the_thing_is_hidden(drive):
    found = 0
    for scene in drive:
        for place, thing in enumerate(scene.objects):
            hidden = thing.amodal.to_array() & ~thing.visible.to_array()
            for other in thing.occluded_by:
                assert other != place
                assert (scene.objects[other].visible.to_array() & hidden).sum() >= 3
                found += 1
    assert found > 0


def test_a_drive_keeps_identity_and_moves(drive):
    first, second = ({thing.track_id: thing for thing in scene.objects} for scene in drive)
    common = first.keys() & second.keys()
    assert len(common) >= 3
    assert all(first[track].label == second[track].label for track in common)
    assert any(first[track].visible != second[track].visible for track in common)


@pytest.mark.parametrize("label", sorted(MAKERS))
def test_every_thing_can_be_seen_and_stands_on_the_ground_or_hangs(label):
    rng = np.random.default_rng(3)
    camera = Camera(256, 192, (0.0, 0.0, 1.4), 0.05, 0.0, 60.0)
    for yaw in (0.0, 1.0):
        solid = moved(MAKERS[label](rng), (20.0 if label in ("bus", "lorry", *ON_WALLS) else 7.0, 0.0, 0.0), yaw)
        lowest = min(part.points[:, 2].min() for part in solid)
        assert lowest > 1 if label in ON_WALLS else abs(lowest) < 0.5
        seen = silhouette(solid, camera)
        assert 3 < seen.sum() < seen.size * 0.6


def test_written_scenes_are_coco_and_a_stopped_run_goes_on(tmp_path):
    job = SceneJob(tmp_path, count=2, seed=4, size=SIZE, samples=1)
    path = write_scenes(job)
    whole = path.read_bytes()
    document = json.loads(whole)
    assert [image["file_name"] for image in document["images"]] == ["000000.png", "000001.png"]
    ids = [one["id"] for one in document["annotations"]]
    assert ids == list(range(1, len(ids) + 1))
    by_id = {one["id"]: one for one in document["annotations"]}
    for one in document["annotations"]:
        visible = Mask.from_coco(one["segmentation"], SIZE[1], SIZE[0])
        amodal = Mask.from_coco(one["amodal_segmentation"], SIZE[1], SIZE[0])
        assert one["attributes"]["occlusion_rate"] == pytest.approx(1 - visible.area / amodal.area, abs=1e-5)
        assert all(by_id[i]["image_id"] == one["image_id"] for i in one["attributes"]["occluded_by"])
    classes = {one["id"]: one["thing"] for one in json.loads((tmp_path / "classes.json").read_text())}
    class_map = cv2.imread(str(tmp_path / "class_maps" / "000001.png"), cv2.IMREAD_UNCHANGED)
    assert set(np.unique(class_map)) <= set(classes)
    assert {classes[CLASS_NAMES.index(name)] for name in STUFF} == {False}

    (tmp_path / "truth" / "000001.json").unlink()
    path.unlink()
    assert write_scenes(job).read_bytes() == whole


def test_drives_have_folders_and_tracks_of_their_own(tmp_path):
    document = json.loads(
        write_scenes(SceneJob(tmp_path, count=3, seed=4, size=SIZE, drive=2, samples=1)).read_text()
    )
    names = [image["file_name"] for image in document["images"]]
    assert names == ["000000/000000.png", "000000/000001.png", "000002/000002.png"]
    for name in names:
        assert (tmp_path / "images" / name).exists()
        assert (tmp_path / "class_maps" / name).exists()
    first, second, other = (
        {one["attributes"]["track_id"] for one in document["annotations"] if one["image_id"] == image}
        for image in (1, 2, 3)
    )
    assert len(first & second) >= 3
    assert other
    assert not other & (first | second)


def test_another_job_or_an_unusable_folder_is_refused(tmp_path):
    (tmp_path / "scenes.json").write_text('{"seed": 9}')
    with pytest.raises(InputError, match="has scenes of other options"):
        write_scenes(SceneJob(tmp_path, count=1, size=SIZE))
    (tmp_path / "file").write_text("")
    with pytest.raises(ResourceError, match="cannot be written"):
        write_scenes(SceneJob(tmp_path / "file" / "below", count=1, size=SIZE))


def test_a_size_that_is_none_is_refused(tmp_path):
    result = CliRunner().invoke(command, ["--out", str(tmp_path / "s"), "--size", "big"])
    assert isinstance(result.exception, InputError)
    assert "--size is 'big'" in str(result.exception)
    assert not (tmp_path / "s").exists()


def test_silhouettes_show_the_same_whole_thing_from_many_sides():
    views = list(silhouettes("car", 3, 4, side=64))
    again = list(silhouettes("car", 3, 4, side=64))
    assert all(
        np.array_equal(a.mask, b.mask) and np.array_equal(a.image, b.image)
        for a, b in zip(views, again, strict=True)
    )
    for view in views:
        assert view.mask.shape == (64, 64)
        assert view.image.shape == (64, 64, 3)
        assert 0.05 < view.mask.mean() < 0.9
        assert not view.mask[[0, -1]].any()
        assert not view.mask[:, [0, -1]].any()
    assert not np.array_equal(views[0].mask, views[1].mask)
    assert not np.array_equal(next(silhouettes("car", 4, 1, side=64)).mask, views[0].mask)


def test_silhouettes_of_what_nobody_makes_are_refused():
    with pytest.raises(NotFoundError, match="no 'dragon'"):
        next(silhouettes("dragon", 1, 1))


def test_the_rasteriser_agrees_with_geometry_even_where_a_triangle_passes_the_eye():
    view = View(np.zeros(3), np.array([[0.0, -1, 0], [0, 0, 1], [-1, 0, 0]]), 20.0, 40, 40)
    floor = np.array([[[-50, -90, -1], [90, 0, -1], [-50, 90, -1]]], np.float32)
    shown, depth = draw(floor, view)
    rays = view.rays()
    way = np.where(rays[:, :, 2] < -1e-3, -1 / np.minimum(rays[:, :, 2], -1e-3), np.inf)
    x, y = rays[:, :, 0] * way, rays[:, :, 1] * way
    inside = np.isfinite(way) & (np.abs(y) < (90 - x) * 90 / 140)
    assert (inside != (shown == 0)).sum() <= 4
    assert np.allclose(depth[shown == 0], x[shown == 0], rtol=1e-3)


def test_a_folder_with_other_things_is_refused_and_left_alone(tmp_path):
    (tmp_path / "annotations.json").write_text("mine")
    with pytest.raises(InputError, match="holds no scenes"):
        write_scenes(SceneJob(tmp_path, count=1, size=SIZE, samples=1))
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [("annotations.json", "mine")]
