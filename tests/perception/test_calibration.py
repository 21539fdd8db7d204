import json
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent / "proposals"))

from drawn import RectangleSegmenter, draw, rectangle_head
from pipeline_kit import write_frames

from codriver.errors import InputError, ResourceError
from perception.formats.coco_import import read_known_labels
from perception.frames.source import open_source
from perception.masks import Mask
from perception.pipeline.calibration import _labels_in, _pictures, calibrate_in
from perception.pipeline.watcher import Nobody
from perception.proposals.fitting import FitOptions
from perception.proposals.head import WEIGHTS, ObjectnessHead
from perception.proposals.mask_score import MaskScore, shipped
from perception.proposals.score_fitting import examples_of


def labels(folder, *names):
    document = {"images": [{"id": i, "file_name": name} for i, name in enumerate(names)]}
    path = folder / "annotations.json"
    path.write_text(json.dumps({**document, "categories": [], "annotations": []}))
    return read_known_labels(path)


def found(folder, *names):
    return [ref.id for ref in _pictures(open_source(str(folder)).refs, labels(folder, *names))]


def test_class_maps_of_the_same_names_are_no_pictures(tmp_path):
    write_frames(tmp_path / "images", 2)
    write_frames(tmp_path / "class_maps", 2)
    (tmp_path / "classes.json").write_text("{}")
    assert found(tmp_path, "0.png", "1.png") == ["images/0.png", "images/1.png"]
    assert found(tmp_path, "class_maps/1.png") == ["class_maps/1.png"]
    assert _labels_in(tmp_path).path == str(tmp_path / "annotations.json")


def test_names_that_fit_several_pictures_are_refused(tmp_path):
    write_frames(tmp_path / "left", 1)
    write_frames(tmp_path / "right", 1)
    with pytest.raises(InputError, match=r"left/0\.png and right/0\.png are called so"):
        found(tmp_path, "0.png")


class Stopping(Nobody):
    def stopped(self):
        return True


def drive(folder, count, crowd=False):
    """Pictures of a light and a dark box each; only the light ones are things, or the dark ones are a crowd."""
    folder.mkdir()
    images, annotations = [], []
    for number in range(count):
        x = 20 + 15 * number
        boxes = [(x, 60, x + 80, 140), (200, 100, 280, 180)]
        cv2.imwrite(str(folder / f"{number}.png"), draw(boxes))
        images.append({"id": number, "file_name": f"{number}.png"})
        for left, top, right, bottom in boxes[: 1 + crowd]:
            pixels = np.zeros((240, 320), bool)
            pixels[top:bottom, left:right] = True
            entry = {"image_id": number, "category_id": 1, "iscrowd": int(left == 200)}
            annotations.append({**entry, "segmentation": Mask.from_array(pixels).to_coco()})
    numbered = [{"id": i, **one} for i, one in enumerate(annotations)]
    document = {"images": images, "categories": [{"id": 1, "name": "box"}], "annotations": numbered}
    (folder / "annotations.json").write_text(json.dumps(document))
    return folder


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr("perception.proposals.fitting.FitOptions", lambda: FitOptions(steps=60, batch=64))


def fitted(folder, head=None, watcher=None):
    segmenter = RectangleSegmenter()
    return calibrate_in(folder, segmenter, head or rectangle_head(), watcher or Nobody()), segmenter


def test_the_score_is_fitted_once_and_the_same_each_time(tmp_path):
    path, segmenter = fitted(drive(tmp_path / "a", 5))
    assert segmenter.asked
    again, unasked = fitted(tmp_path / "a")
    assert again == path
    assert not unasked.asked
    assert sorted(one.suffix for one in (tmp_path / "a").iterdir()) == [".json", ".npz", *[".png"] * 5]
    first, second = ObjectnessHead.load(path), ObjectnessHead.load(fitted(drive(tmp_path / "b", 5))[0])
    for one in (second, rectangle_head()):  # which its file keeps in half precision
        assert all(np.allclose(getattr(one, name), getattr(first, name), atol=1e-3) for name in WEIGHTS)
    assert first.own_score == second.own_score != shipped()
    assert len(first.own_score.readout) == 2


def test_masks_on_stuff_make_the_score_stricter_and_crowds_are_no_stuff(tmp_path):
    """Half of what is proposed is a box that nobody named."""
    strict = ObjectnessHead.load(fitted(drive(tmp_path / "strict", 4))[0])
    segmenter = RectangleSegmenter()
    embedding = segmenter.embed(draw([(40, 60, 120, 140), (200, 100, 280, 180)]))
    found = examples_of(segmenter, embedding, strict, (), Mask.empty(240, 320))
    before, after = (one.chances(found.measured, found.features) for one in (shipped(), strict.score))
    assert (after < before).all()
    with pytest.raises(InputError, match=r"outline nothing but objects.*; label more frames"):
        fitted(drive(tmp_path / "crowds", 4, crowd=True))


def test_a_head_of_another_segmenter_is_made_anew(quick, tmp_path):
    path, segmenter = fitted(drive(tmp_path / "drive", 5), ObjectnessHead.load())
    head = ObjectnessHead.load(path)
    outlook = head.outlook(segmenter.embed(draw([(40, 60, 120, 140)])).features)
    assert outlook.thing[6, 4] > 0.5 > outlook.thing[1, 1]
    assert segmenter.asked
    assert head.own_score is not None
    assert head.segmenter == "rectangles"


def test_a_head_of_another_segmenter_with_as_many_channels_is_made_anew_too(quick, tmp_path):
    old = replace(rectangle_head(), segmenter="sam2-hiera-tiny")
    head = ObjectnessHead.load(fitted(drive(tmp_path / "drive", 5), old)[0])
    assert head.segmenter == "rectangles"
    assert head.hidden_weights.shape != old.hidden_weights.shape


def test_masks_that_outline_no_object_are_refused(tmp_path):
    """The labelled things are slivers of the boxes that are proposed."""
    folder = drive(tmp_path / "drive", 2)
    document = json.loads((folder / "annotations.json").read_text())
    sliver = np.zeros((240, 320), bool)
    sliver[60:64, 40:44] = True
    for one in document["annotations"]:
        one["segmentation"] = Mask.from_array(sliver).to_coco()
    (folder / "annotations.json").write_text(json.dumps(document))
    with pytest.raises(InputError, match=r"outline none of their objects.*; label more frames"):
        fitted(folder)
    assert not list(folder.glob("*.npz"))


def test_a_picture_that_comes_later_and_another_score_are_learned_from_anew(tmp_path):
    folder = drive(tmp_path / "drive", 5)
    (folder / "4.png").rename(tmp_path / "4.png")
    first, _ = fitted(folder)
    (tmp_path / "4.png").rename(folder / "4.png")
    second, segmenter = fitted(folder)
    assert segmenter.asked
    third, segmenter = fitted(
        folder, replace(rectangle_head(), own_score=MaskScore(shipped().weights, (1.0, 0.0)))
    )
    assert segmenter.asked
    assert len({first, second, third}) == 3


def test_of_a_single_frame_a_new_head_learns_and_the_score_does_not(quick, tmp_path):
    path, segmenter = fitted(drive(tmp_path / "one", 1), ObjectnessHead.load())
    assert not segmenter.asked
    assert ObjectnessHead.load(path).score.weights == pytest.approx(dict(shipped().weights))


def test_frames_without_an_object_teach_nothing(tmp_path):
    document = json.loads((drive(tmp_path / "a", 2) / "annotations.json").read_text())
    (tmp_path / "a" / "annotations.json").write_text(json.dumps({**document, "annotations": []}))
    segmenter = RectangleSegmenter()
    with pytest.raises(InputError, match=r"annotations\.json holds no mask of an object"):
        calibrate_in(tmp_path / "a", segmenter, rectangle_head(), Nobody())
    assert not segmenter.asked


def test_what_is_stopped_leaves_nothing_behind(tmp_path):
    with pytest.raises(ResourceError, match="the same command begins it anew"):
        fitted(drive(tmp_path / "drive", 3), watcher=Stopping())
    assert not list((tmp_path / "drive").glob("*.npz"))
