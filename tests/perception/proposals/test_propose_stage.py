from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from drawn import FixedDetector, RectangleSegmenter, draw, rectangle_head

from codriver.errors import NotFoundError
from codriver.models import open_store
from codriver.settings import Settings
from perception.discovery.known import KnownOptions
from perception.evaluation.opening import open_truth
from perception.frame import Frame, FrameInfo
from perception.masks import Mask, iou_matrix
from perception.proposals.choosing import choose_head, choose_segmenter
from perception.proposals.mask_score import MEASURES, MaskScore
from perception.proposals.propose import ProposalOptions
from perception.proposals.stage import ProposeStage
from perception.record import FrameRecord
from perception.scenes.scene import render_scene

CAMVID = Path(__file__).parents[4] / "shared" / "data" / "camvid"
THINGS = [(40, 60, 120, 160), (200, 100, 280, 180)]


def label(stage, image):
    info = FrameInfo("a.png", "a.png", image.shape[1], image.shape[0], "0" * 64)
    return stage.run(Frame(info, image), FrameRecord(info))


def test_things_are_found_whole_and_once_with_ids_from_one():
    record = label(ProposeStage(RectangleSegmenter(), rectangle_head()), draw(THINGS))
    assert [one.id for one in record.instances] == [1, 2]
    assert {one.status for one in record.instances} == {"unknown"}
    boxes = sorted(one.mask.box for one in record.instances)
    for box, (left, top, right, bottom) in zip(boxes, THINGS, strict=True):
        assert np.abs(np.array(box) - (left, top, right - left, bottom - top)).max() <= 8
    scores = [one.score for one in record.instances]
    assert scores == sorted(scores, reverse=True)
    assert set(record.timings_s) == {"detect", "encode", "decode", "enlarge"}


def test_a_frame_without_things_is_not_asked_about():
    segmenter = RectangleSegmenter()
    assert label(ProposeStage(segmenter, rectangle_head()), draw([])).instances == ()
    assert segmenter.asked == []


def test_what_the_detector_explains_is_known_and_the_rest_unknown():
    stage = ProposeStage(RectangleSegmenter(), rectangle_head(), FixedDetector([THINGS[1]], ("car",)))
    by_status = {one.status: one for one in label(stage, draw(THINGS)).instances}
    known, unknown = by_status["known"], by_status["unknown"]
    assert (known.label, known.label_source) == ("car", "fixed")
    assert known.mask.box[0] >= 190
    assert (unknown.label, unknown.label_source) == ("", "")


def test_classes_that_are_not_used_are_not_even_prompts():
    segmenter = RectangleSegmenter()
    detector = FixedDetector([THINGS[1]], ("dog",))
    limited = ProposeStage(segmenter, rectangle_head(), detector, known=KnownOptions(classes=("car",)))
    blind = ProposeStage(RectangleSegmenter(), rectangle_head())
    limited_record, blind_record = label(limited, draw(THINGS)), label(blind, draw(THINGS))
    assert limited_record.instances == blind_record.instances
    detected = np.array(THINGS[1], np.float32).reshape(2, 2)
    assert not any((points == detected).all() for prompts in segmenter.asked for points in prompts.points)


def test_there_are_at_most_as_many_annotations_as_allowed_and_the_best_stay():
    many = [(x, y, x + 30, y + 30) for x in range(10, 300, 50) for y in range(10, 200, 50)]
    options = ProposalOptions(boxes=40, points=40)
    stage = ProposeStage(RectangleSegmenter(), rectangle_head(0.05), proposals=options)
    everything = label(stage, draw(many)).instances
    few = label(replace(stage, proposals=replace(options, annotations=5)), draw(many)).instances
    assert len(everything) > 15
    assert few == everything[:5]


def test_points_are_asked_only_where_no_mask_covers_the_thing():
    covered, bare = RectangleSegmenter(), RectangleSegmenter()
    label(ProposeStage(covered, rectangle_head()), draw(THINGS))
    label(ProposeStage(bare, rectangle_head(), proposals=ProposalOptions(boxes=0)), draw(THINGS))
    points = [
        sum(len(prompts) for prompts in one.asked if prompts.points.shape[1] == 1) for one in (covered, bare)
    ]
    assert points[0] < points[1]


def test_labelling_twice_gives_the_same_record_but_for_the_times():
    stage = ProposeStage(RectangleSegmenter(), rectangle_head())
    assert label(stage, draw(THINGS)).instances == label(stage, draw(THINGS)).instances


@pytest.mark.parametrize("size", [(40, 2000), (2000, 40), (3, 5), (1, 1)])
def test_frames_of_odd_shapes_are_no_problem(size):
    record = label(ProposeStage(RectangleSegmenter(), rectangle_head()), draw([(0, 0, 20, 20)], *size))
    for one in record.instances:
        assert (one.mask.height, one.mask.width) == size


def test_a_frame_of_100_megapixels_is_worked_on_at_a_bounded_size():
    image = draw([(2000, 3000, 5000, 7000)], 10_000, 10_000)
    (found,) = label(ProposeStage(RectangleSegmenter(), rectangle_head(0.2)), image).instances
    assert iou_matrix([found.mask], [Mask.from_array(image[..., 0] >= 100)])[0, 0] > 0.9


def test_the_fingerprint_changes_with_model_options_head_and_score():
    stage = ProposeStage(RectangleSegmenter(), rectangle_head())
    others = [
        replace(stage, proposals=ProposalOptions(points=3)),
        replace(stage, detector=FixedDetector([], ())),
        replace(stage, known=KnownOptions(classes=("car",))),
        replace(stage, head=replace(stage.head, sha256="1")),
        replace(stage, head=replace(stage.head, own_score=MaskScore({"intercept": 1.0}))),
        replace(stage, head=replace(stage.head, own_score=MaskScore({"intercept": 1.0}, (0.5, 0.0)))),
    ]
    prints = [one.fingerprint() for one in [stage, *others]]
    assert all(prints[i] != prints[j] for i in range(len(prints)) for j in range(i))


def test_a_mask_that_is_hardly_a_thing_goes_unless_a_detector_asked_for_it():
    strict = ProposalOptions(least_chance=1.01, least_chance_beside=1.01)
    stage = ProposeStage(RectangleSegmenter(), rectangle_head(), proposals=strict)
    assert label(stage, draw(THINGS)).instances == ()
    (known,) = label(replace(stage, detector=FixedDetector([THINGS[1]], ("dog",))), draw(THINGS)).instances
    assert known.label == "dog"


def test_beside_a_detector_what_it_does_not_ask_for_must_be_surer():
    even = MaskScore({**dict.fromkeys(MEASURES, 0.0), "intercept": 1.0})  # a chance of 0.73
    stage = ProposeStage(RectangleSegmenter(), replace(rectangle_head(), own_score=even))
    assert [one.status for one in label(stage, draw(THINGS)).instances] == ["unknown"] * 2
    beside = replace(stage, detector=FixedDetector([THINGS[1]], ("dog",)))
    assert [one.label for one in label(beside, draw(THINGS)).instances] == ["dog"]


def test_a_head_with_a_score_of_its_own_is_judged_by_it():
    nothing = MaskScore({**dict.fromkeys(MEASURES, 0.0), "intercept": -5.0})
    stage = ProposeStage(RectangleSegmenter(), replace(rectangle_head(), own_score=nothing))
    assert label(stage, draw(THINGS)).instances == ()
    anything = replace(nothing, weights={**nothing.weights, "intercept": 1.0})
    found = label(replace(stage, head=replace(stage.head, own_score=anything)), draw(THINGS)).instances
    assert [round(one.score, 3) for one in found] == [0.731, 0.731]


@pytest.fixture(scope="module")
def shipped():
    """What proposes by default."""
    try:
        return ProposeStage(choose_segmenter(Settings(), open_store()), choose_head(Settings()))
    except NotFoundError as reason:
        pytest.skip(str(reason))


def share_found(record, things):
    best = iou_matrix(things, [one.mask for one in record.instances]).max(axis=1, initial=0)
    return (best > 0.5).mean()


@pytest.mark.network
def test_sam_2_finds_the_things_of_photographs_with_the_head_that_ships(shipped):
    if not CAMVID.is_dir():
        pytest.skip("the CamVid frames are not here")
    truth = open_truth(CAMVID / "labels", "camvid", 150)
    for name in ("0016E5_05250.png", "0016E5_07680.png"):
        image = cv2.cvtColor(cv2.imread(str(CAMVID / "images" / name)), cv2.COLOR_BGR2RGB)
        things = [one.mask for one in truth.images[name].annotations if one.label in ("Car", "Pedestrian")]
        assert share_found(label(shipped, image), things) > 0.5


@pytest.mark.network
def test_sam_2_finds_the_things_of_a_scene_with_the_head_that_ships(shipped):
    scene = render_scene(7)
    large = [one.visible for one in scene.objects if one.visible.area >= 300]
    assert share_found(label(shipped, scene.image), large) > 0.6
