import json
import math
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from truth_kit import box, class_map, coco, image, images, thing

from codriver.cli import root
from codriver.errors import FileFormatError, InputError
from perception.evaluation.amodal import measure_amodal
from perception.evaluation.annotations import compare
from perception.evaluation.class_maps import read_class_maps, read_names
from perception.evaluation.coco_files import read_coco
from perception.evaluation.coco_metrics import precision_recall
from perception.evaluation.discovery import measure_discovery
from perception.evaluation.groups import agreement, measure_grouping
from perception.evaluation.identity import measure_identity

LEFT, RIGHT, ROAD = box(2, 5, 20, 10), box(30, 5, 20, 10), box(0, 20, 60, 20)
TRUTH = images(image(thing(1, LEFT), thing(2, RIGHT, "Sign"), stuff=ROAD))


def discovery(*annotations, classes=("Car", "Sign"), limit=10, truth=TRUTH):
    return measure_discovery(compare(images(image(*annotations)), truth), classes, limit)


def test_the_truth_itself_is_perfect():
    comparison = compare(TRUTH, TRUTH)
    assert precision_recall(comparison, None, ["Car", "Sign"], 10).ap == pytest.approx(1)
    assert precision_recall(comparison, "Car", ["Car"], 10).ar == pytest.approx(1)
    assert measure_discovery(comparison, ["Car", "Sign"], 10).overall.at_75 == 1


def test_recall_counts_each_object_at_both_thresholds():
    found = discovery(thing(1, box(2, 5, 14, 10)), thing(2, RIGHT, status="unknown"))  # IoU 0.7 and 1
    assert (found.overall.at_50, found.overall.at_75, found.overall.unknown_at_50) == (1, 0.5, 0.5)
    assert found.by_class["Car"].best_iou == pytest.approx(0.7)


def test_things_that_the_truth_makes_one_region_count_together():
    halves = [thing(1, box(0, 5, 10, 10)), thing(2, box(10, 5, 10, 10)), thing(3, ROAD)]
    truth = images(image(thing(1, box(0, 5, 20, 10))))
    found = discovery(*halves, truth=truth, classes=("Car",)).overall
    assert (found.at_50, found.at_75, found.together_at_50) == (1, 0, 1)
    thirds = [thing(n, box(7 * n, 5, 6, 10)) for n in range(3)]
    found = discovery(*thirds, truth=truth, classes=("Car",)).overall
    assert (found.at_50, found.together_at_50) == (0, 1)
    assert discovery(thirds[0], thing(9, ROAD), truth=truth, classes=("Car",)).overall.together_at_50 == 0


def test_only_the_best_annotations_count_when_there_are_too_many():
    many = [thing(n, ROAD, score=0.9, status="unknown") for n in range(1, 4)]
    assert discovery(*many, thing(9, LEFT, score=0.1), limit=3).overall.at_50 == 0
    assert discovery(*many, thing(9, LEFT, score=0.1), limit=4).overall.at_50 == 0.5


def test_unknown_masks_on_stuff_are_false_objects_and_known_ones_are_told_apart():
    mostly = box(0, 18, 60, 10)  # 8 of its 10 rows are road
    found = discovery(
        thing(1, mostly, status="unknown"), thing(2, LEFT, status="unknown"), thing(3, ROAD, status="known")
    )
    assert (found.unknown, found.unknown_on_stuff, found.known_on_stuff) == (2, 0.5, 1)


def test_what_the_truth_does_not_judge_neither_counts_as_stuff_nor_as_a_false_detection():
    unjudged = box(0, 0, 60, 5)
    truth = images(image(thing(1, LEFT), stuff=ROAD, ignored=unjudged))
    prediction = images(image(thing(1, LEFT, score=0.5), thing(2, unjudged, score=0.9, status="unknown")))
    assert measure_discovery(compare(prediction, truth), ["Car"], 10).unknown_on_stuff == 0
    assert precision_recall(compare(prediction, truth), None, ["Car"], 10).ap == pytest.approx(1)


def test_a_false_mask_ranked_first_halves_the_precision():
    prediction = images(image(thing(1, LEFT, score=0.5), thing(2, ROAD, score=0.9)))
    truth = images(image(thing(1, LEFT)))
    assert precision_recall(compare(prediction, truth), None, ["Car"], 10).ap50 == pytest.approx(0.5)


def test_another_name_of_a_class_counts_as_the_class():
    assert precision_recall(compare(images(image(thing(1, LEFT, "Truck"))), TRUTH), "Car", ["Car"], 10).ap > 0.99
    assert precision_recall(compare(images(image(thing(1, LEFT, "tram"))), TRUTH), "Car", ["Car"], 10).ap == 0


boxes = st.builds(box, st.integers(0, 40), st.integers(0, 25), st.integers(3, 19), st.integers(3, 14))
scored = st.lists(
    st.tuples(boxes, st.floats(0, 1), st.sampled_from(["known", "unknown"])),
    min_size=1,
    max_size=8,
    unique_by=lambda one: one[1],
)


@given(scored, st.randoms(use_true_random=False))
def test_the_order_of_annotations_and_their_ids_do_not_matter(found, random):
    def measured(order):
        chosen = [found[i] for i in order]
        some = [thing(n, m, score=s, status=t) for n, (m, s, t) in enumerate(chosen, start=1)]
        comparison = compare(images(image(*some)), TRUTH)
        found_here = measure_discovery(comparison, ["Car", "Sign"], 100)
        return repr(found_here), precision_recall(comparison, None, ["Car"], 100).ar

    order = list(range(len(found)))
    first = measured(order)
    random.shuffle(order)
    assert measured(order) == first


@given(scored, boxes)
def test_one_more_annotation_never_lowers_recall(found, extra):
    some = [thing(n, m, score=s, status=t) for n, (m, s, t) in enumerate(found, start=1)]
    before = discovery(*some, limit=100).overall
    after = discovery(*some, thing(99, extra), limit=100).overall
    assert after.at_50 >= before.at_50
    assert after.best_iou >= before.best_iou - 1e-12


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 4)), min_size=2, max_size=30),
    st.permutations(range(5)),
)
def test_agreement_does_not_depend_on_the_numbers_of_clusters(pairs, renamed):
    labels = [label for label, _ in pairs]
    before = agreement(labels, [cluster for _, cluster in pairs])
    after = agreement(labels, [renamed[cluster] for _, cluster in pairs])
    assert (before.purity, before.clusters) == (after.purity, after.clusters)
    assert before.nmi == pytest.approx(after.nmi)
    assert before.purity >= before.single_cluster_purity - 1e-12


def test_clusters_are_compared_over_unknown_objects_alone():
    prediction = images(
        image(
            thing(1, LEFT, status="unknown", cluster_id=0),
            thing(2, RIGHT, status="unknown", cluster_id=0),
            thing(3, ROAD, status="unknown", cluster_id=1),
            thing(4, LEFT, status="known", cluster_id=7),
        )
    )
    grouping = measure_grouping(compare(prediction, TRUTH), ["Car", "Sign"])
    assert (grouping.objects, grouping.clusters, grouping.purity, grouping.nmi) == (2, 1, 0.5, 0)


def test_without_clusters_there_is_nothing_to_compare():
    grouping = measure_grouping(compare(images(image(thing(1, LEFT, status="unknown"))), TRUTH), ["Car"])
    assert grouping.objects == 0
    assert math.isnan(grouping.nmi)


WHOLE, PART, FRONT = box(10, 10, 20, 10), box(10, 10, 10, 10), box(20, 8, 15, 14)
AMODAL_TRUTH = images(
    image(
        thing(1, PART, amodal=WHOLE, occluded_by=(2,), full_extent_visible=False),
        thing(2, FRONT, "Sign", amodal=FRONT, occluded_by=()),
    )
)


def completed(*annotations):
    return measure_amodal(compare(images(image(*annotations)), AMODAL_TRUTH), ["Car", "Sign"])


def test_a_perfect_completion_and_order():
    found = completed(
        thing(1, PART, amodal=WHOLE, method="learned", occluded_by=(2,)), thing(2, FRONT, amodal=FRONT)
    )
    assert (found.occluded.full_iou, found.occluded.hidden_iou) == (1, 1)
    assert found.occluded.visible_full_iou == 0.5
    assert list(found.by_method) == ["learned"]
    assert list(found.by_rate) == ["40% to 60%"]
    assert list(found.by_extent) == ["full extent not visible"]
    assert (found.order.right, found.order.false_pairs, found.unoccluded.worst_loss) == (1, 0, 0)


def test_what_is_not_completed_counts_as_it_is_and_what_is_not_found_as_nothing():
    assert completed(thing(1, PART), thing(2, FRONT)).occluded.full_iou == 0.5
    lost = completed(thing(2, FRONT))
    assert (lost.not_found, lost.occluded.full_iou, lost.order.missing) == (1, 0, 1)


def test_an_unoccluded_object_that_grows_loses():
    found = completed(thing(1, PART), thing(2, FRONT, amodal=FRONT | box(0, 0, 10, 10)))
    assert found.unoccluded.worst_loss == pytest.approx(1 - 210 / 310)
    assert found.unoccluded.losing == 1


def test_a_reversed_order_is_wrong_and_matching_needs_no_ids():
    found = completed(thing(71, PART, occluded_by=()), thing(72, FRONT, occluded_by=(71,)))
    assert (found.order.right, found.order.reversed) == (0, 1)


@given(boxes)
def test_hidden_iou_is_one_exactly_for_the_true_whole(grown):
    found = completed(thing(1, PART, amodal=PART | grown))
    exact = np.array_equal((PART | grown).to_array(), WHOLE.to_array())
    assert (found.occluded.hidden_iou == 1) == exact


def test_class_maps_part_objects_and_leave_out_small_ones(tmp_path):
    class_map(tmp_path / "drive" / "a.png", {8: LEFT | RIGHT | box(58, 1, 2, 2), 3: ROAD, 11: box(0, 0, 60, 2)})
    (one,) = read_class_maps(tmp_path, read_names("camvid"), 50)
    assert one.name == "drive/a.png"
    assert sorted(a.mask.area for a in one.annotations) == [200, 200]
    assert (one.ignored & box(58, 1, 2, 2)).area == 4
    assert (one.stuff & ROAD).area == ROAD.area
    assert one.stuff.area + one.ignored.area + 400 == 40 * 60


def test_stuff_categories_crowds_and_background_of_coco_files(tmp_path):
    car = {"id": 1, "segmentation": LEFT.to_coco()}
    (one,) = read_coco(
        coco(tmp_path / "a.json", [car, car | {"id": 2, "iscrowd": 1, "segmentation": RIGHT.to_coco()}])
    )
    assert [a.id for a in one.annotations] == [1]
    assert one.ignored.area == RIGHT.area
    assert one.stuff.area == 40 * 60 - LEFT.area - RIGHT.area
    categories = [{"id": 1, "name": "Car"}, {"id": 2, "name": "road", "isthing": 0}]
    road = {"id": 2, "segmentation": ROAD.to_coco(), "category_id": 2}
    (one,) = read_coco(coco(tmp_path / "b.json", [car, road], categories))
    assert one.stuff == ROAD


@pytest.mark.parametrize(
    ("annotations", "problem"),
    [
        ([{"id": 1, "segmentation": []}], "annotation 1 of a.png"),
        ([{"id": 1, "segmentation": LEFT.to_coco(), "score": "high"}], "annotation 1 of a.png"),
        ([{"id": 1, "segmentation": LEFT.to_coco()}] * 2, "the id 1 is given to two annotations"),
        ([{"id": 1, "segmentation": {"size": [4, 4], "counts": [16]}}], "does not fit its image"),
        (
            [{"id": 1, "segmentation": LEFT.to_coco(), "image_id": 5}],
            "has the image_id 5, which the file does not list",
        ),
    ],
)
def test_broken_coco_files_are_refused_naming_the_entry(tmp_path, annotations, problem):
    with pytest.raises(FileFormatError, match=problem):
        read_coco(coco(tmp_path / "a.json", annotations))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[]", 'no "classes"'),
        ("classes: {x: road}", "no pixel value"),
        ("classes: {1: {name: a, kind: b}}", "kind"),
    ],
)
def test_broken_names_files_are_refused(tmp_path, text, problem):
    (tmp_path / "names.yaml").write_text(text)
    with pytest.raises(FileFormatError, match=problem):
        read_names(str(tmp_path / "names.yaml"))


def test_images_of_other_names_or_sizes_are_refused():
    with pytest.raises(InputError, match="no image in common"):
        compare(images(image(name="x.png")), TRUTH)
    other = images(image(thing(1, LEFT)))
    other.images["a.png"].__dict__["width"] = 61
    with pytest.raises(InputError, match="61×40"):
        compare(other, TRUTH)


def test_images_are_paired_by_the_rest_of_the_name_when_the_folders_differ():
    pairs = compare(images(image(name="run/a.jpg"), image(name="run/b.jpg")), TRUTH)
    assert [(one.predicted.name, one.truth.name) for one in pairs.pairs] == [("run/a.jpg", "a.png")]
    assert pairs.without_truth == ("run/b.jpg",)


def run(*arguments):
    return CliRunner().invoke(root, ["evaluate", *map(str, arguments)])


def test_the_command_prints_a_table_or_json(tmp_path):
    truth = coco(tmp_path / "truth.json", [{"id": 1, "segmentation": LEFT.to_coco()}])
    found = coco(tmp_path / "annotations.json", [{"id": 5, "segmentation": LEFT.to_coco(), "score": 0.5}])
    told = json.loads(run(tmp_path, "--truth", truth, "--json").stdout)
    assert told["masks"]["ap"] == 1
    assert told["discovery"]["unknown_on_stuff"] is None
    assert "any class" in run(found, "--truth", truth).stdout


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        (["--classes", "Tram"], "has no class 'Tram'"),
        (["--amodal"], "has no amodal masks"),
        (["--classes", ","], "names no class"),
    ],
)
def test_the_command_refuses_what_cannot_be_measured(tmp_path, more, problem):
    truth = coco(tmp_path / "truth.json", [{"id": 1, "segmentation": LEFT.to_coco()}])
    result = run(truth, "--truth", truth, *more)
    assert isinstance(result.exception, InputError)
    assert problem in str(result.exception)


def followed(*names, other=(7, 7, 7)):
    """Three frames with two objects of the tracks 1 and 2, called `names` and `other`."""
    made = [
        image(thing(1, LEFT, track_id=a), thing(2, RIGHT, track_id=b), name=f"{t}.png")
        for t, (a, b) in enumerate(zip(names, other, strict=True))
    ]
    return images(*made)


TRACKED = followed(1, 1, 1, other=(2, 2, 2))


def test_identity_does_not_depend_on_what_tracks_are_called():
    identity = measure_identity(compare(followed(5, 5, 5), TRACKED))
    assert (identity.idf1, identity.id_recall, identity.switches, identity.tracks) == (1, 1, 0, 2)


def test_a_track_that_breaks_costs_its_shorter_part():
    identity = measure_identity(compare(followed(5, 5, 6), TRACKED))
    assert (identity.idf1, identity.id_recall, identity.switches) == (
        pytest.approx(5 / 6),
        pytest.approx(5 / 6),
        1,
    )


def test_what_is_not_found_at_all_does_not_count_as_a_lost_name():
    both = followed(5, 6, 6)
    first = replace(both.images["0.png"], annotations=both.images["0.png"].annotations[:1])
    identity = measure_identity(compare(replace(both, images={**both.images, "0.png": first}), TRACKED))
    assert identity.id_recall == pytest.approx(4 / 6)
    assert identity.kept == pytest.approx(4 / 5)


def test_two_objects_under_one_name_count_once():
    assert measure_identity(compare(followed(7, 7, 7), TRACKED)).idf1 == pytest.approx(0.5)


def test_without_tracks_there_is_no_identity():
    identity = measure_identity(compare(TRUTH, TRUTH))
    assert (identity.truths, math.isnan(identity.idf1)) == (0, True)
