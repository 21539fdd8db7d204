import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from codriver.errors import FileFormatError, InputError
from perception.commands.complete import complete
from perception.frame import Frame, FrameInfo
from perception.masks import Mask
from perception.occlusion.coco_completing import complete_document
from perception.occlusion.completing import Completer
from perception.occlusion.order import depths, without_cycles
from perception.occlusion.own_shapes import own_shapes, whole_objects
from perception.occlusion.pair_features import Claim
from perception.occlusion.prior import Prior
from perception.occlusion.stage import CompleteStage
from perception.record import FrameRecord, Instance

HEIGHT, WIDTH = 120, 200


def car(x, y, long=80, high=32):
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[y - high // 2 : y, x : x + long] = True
    mask[y - high : y - high // 2, x + long // 5 : x + long - long // 5] = True
    return mask


def person(x, bottom):
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[bottom - 60 : bottom, x : x + 16] = True
    return mask


def street():
    """A person before the end of a car, and a second car far from both."""
    front, whole, alone = person(95, 110), car(40, 95), car(130, 60, 50, 20)
    masks = [whole & ~front, front, alone]
    labels = ["car", "person", "car"]
    instances = [
        Instance(i, Mask.from_array(m), 0.9, "known", label)
        for i, (m, label) in enumerate(zip(masks, labels, strict=True), 1)
    ]
    return FrameRecord(FrameInfo("a.png", "a.png", WIDTH, HEIGHT, ""), tuple(instances)), whole


def completed(record):
    return CompleteStage().run(Frame(record.frame, np.zeros((HEIGHT, WIDTH, 3), np.uint8)), record)


def test_what_a_person_hides_of_a_car_is_filled_in():
    record, whole = street()
    behind, front, alone = (one.occlusion for one in completed(record).instances)
    assert behind.occluded_by == (2,)
    assert behind.depth_order > front.depth_order
    hidden = whole & ~record.instance(1).mask.to_array()
    found = behind.amodal.to_array() & ~record.instance(1).mask.to_array()
    assert (hidden & found).sum() / (hidden | found).sum() > 0.5
    assert behind.rate == pytest.approx(1 - record.instance(1).mask.area / behind.amodal.area)
    for whole_one, instance in ((front, record.instance(2)), (alone, record.instance(3))):
        assert whole_one.amodal == instance.mask
        assert whole_one.rate == 0
        assert whole_one.occluded_by == ()


def test_the_result_does_not_depend_on_the_order_of_the_instances():
    record, _ = street()
    turned = record.with_instances(record.instances[::-1])
    assert sorted(completed(turned).instances, key=lambda one: one.id) == list(completed(record).instances)


def test_whole_shapes_of_a_dataset_are_those_that_nothing_touches():
    record, _ = street()
    shapes = own_shapes(whole_objects([record]))
    assert len(shapes) == 2  # the car that stands alone, and its mirror image
    assert shapes.aspects == pytest.approx([2.5, 2.5])
    assert (shapes.trust > 0).all()
    cut = replace(record.instance(3), mask=Mask.from_array(car(-1 % WIDTH - 49, 60, 50, 20)))
    assert not whole_objects([record.with_instances((cut,))])


def test_images_of_one_picture_do_not_show_each_other_their_objects():
    record, _ = street()
    assert len(whole_objects([record, record], ["a.png", "a.png"])) == 1
    both = whole_objects([record, record], ["a.png", "b.png"])
    assert len(both) == 2
    assert len(own_shapes(both, "a.png")) == 2  # with the mirror image
    assert len(own_shapes(both)) == 4
    twice, given_shapes = document(), []
    again = [{**one, "id": one["id"] + 1000, "image_id": 99} for one in twice["annotations"]]
    twice["images"] = [
        {**twice["images"][0], "source": "a.png"},
        {**twice["images"][0], "id": 99, "file_name": "other.png", "source": "b.png"},
    ]
    twice["annotations"] += again

    def completer_for(own):
        given_shapes.append(len(own))
        return Completer([Prior(own)])

    assert complete_document(twice, completer_for) == []
    assert given_shapes == [2, 2]


def test_a_document_gives_its_whole_shapes_to_the_completer():
    given_shapes = []

    def completer_for(own):
        given_shapes.append(len(own))
        return Completer([Prior(own)])

    assert complete_document(document(), completer_for) == []
    assert given_shapes == [2]


class Fortune:
    """A method without shapes that claims what it is told to, and notes what it is asked."""

    name = "fortune"

    def __init__(self, pixels):
        self._pixels, self.exact = pixels, []

    def complete(self, tasks):
        self.exact += [task.exact for task in tasks]
        return [None for _ in tasks]

    def claims(self, masks, labels, rough, places):
        assert len(masks) == len(labels)
        return {at: Claim(pixels=self._pixels.get(at, {})) for at in places}


def test_who_is_in_front_depends_on_what_the_shapes_claim():
    left, right = np.zeros((HEIGHT, WIDTH), bool), np.zeros((HEIGHT, WIDTH), bool)
    left[30:60, 20:50], right[30:60, 50:80] = True, True
    record = FrameRecord(
        FrameInfo("a", "a.png", WIDTH, HEIGHT, ""),
        tuple(Instance(at, Mask.from_array(mask), 1.0, "known", "car") for at, mask in ((1, left), (2, right))),
    )
    for behind, front in ((1, 2), (2, 1)):
        found = Completer([Fortune({behind - 1: {front - 1: 800.0}})]).complete(record)
        assert found.instance(behind).occlusion.occluded_by == (front,)
        assert found.instance(front).occlusion.occluded_by == ()


def test_where_many_frames_of_a_file_overlap_all_its_masks_are_rough():
    def asked(overlapping):
        images = [{"id": at, "file_name": f"{at}.png", "width": WIDTH, "height": HEIGHT} for at in range(6)]
        annotations = []
        for image in images:
            for place, left in enumerate((10, 35 if image["id"] < overlapping else 50)):
                mask = np.zeros((HEIGHT, WIDTH), bool)
                mask[20:50, left : left + 30] = True
                ids = {"id": 10 * image["id"] + place, "image_id": image["id"], "category_id": 1}
                annotations.append(ids | {"segmentation": Mask.from_array(mask).to_coco(), "iscrowd": 0})
        categories = [{"id": 1, "name": "car"}]
        method = Fortune({})
        complete_document(
            {"images": images, "categories": categories, "annotations": annotations},
            lambda own: Completer([method]),
        )
        return method.exact

    assert asked(0) == [True] * 12
    assert asked(1) == [False] * 2 + [True] * 10
    assert asked(2) == [False] * 12


PAIRS = st.dictionaries(st.tuples(st.integers(0, 6), st.integers(0, 6)), st.floats(0.5, 1), max_size=20)


@given(PAIRS)
def test_no_cycle_is_left_and_an_occluder_is_nearer(pairs):
    kept = without_cycles(pairs)
    level = depths(7, kept)
    assert all(level[front] < level[back] for front, back in kept)
    assert kept.items() <= pairs.items()


def document():
    record, _ = street()
    names = {"car": 1, "person": 2}
    return {
        "info": {"description": "kept"},
        "images": [{"id": 7, "file_name": "a.png", "width": WIDTH, "height": HEIGHT}],
        "categories": [{"id": number, "name": name} for name, number in names.items()],
        "annotations": [
            {
                "id": one.id,
                "image_id": 7,
                "category_id": names[one.label],
                "segmentation": one.mask.to_coco(),
                "mine": 1,
            }
            for one in record.instances
        ],
    }


def run(tmp_path, content):
    (tmp_path / "in.json").write_text(content if isinstance(content, str) else json.dumps(content))
    arguments = ["--coco", str(tmp_path / "in.json"), "--out", str(tmp_path / "out.json")]
    return CliRunner().invoke(complete, arguments)


def test_the_command_adds_and_keeps(tmp_path):
    result = run(tmp_path, document())
    assert result.exit_code == 0, result.output
    found = json.loads((tmp_path / "out.json").read_text())
    counts = {"rough_images": 0, "fitted_images": 0, "unexplained": 2}
    assert found["info"] == {"description": "kept", "skipped": [], **counts}
    first = found["annotations"][0]
    assert first["mine"] == 1
    assert first["attributes"]["occluded_by"] == [2]
    assert (
        Mask.from_coco(first["amodal_segmentation"], HEIGHT, WIDTH).area
        > Mask.from_coco(first["segmentation"], HEIGHT, WIDTH).area
    )


def test_occluders_that_are_given_are_used_and_a_cycle_is_opened(tmp_path):
    given_order = document()
    for one, fronts in zip(given_order["annotations"], ([2], [1], []), strict=True):
        one["attributes"] = {"occluded_by": fronts}
    assert run(tmp_path, given_order).exit_code == 0
    found = json.loads((tmp_path / "out.json").read_text())["annotations"]
    assert sum(bool(one["attributes"]["occluded_by"]) for one in found) == 1
    skipped = json.loads((tmp_path / "out.json").read_text())["info"]["skipped"]
    assert [one["why"] for one in skipped] == ["its occluder 2 is not used: the order would be a cycle"]


def test_what_cannot_be_completed_is_named_and_the_rest_is_done(tmp_path):
    broken = document()
    broken["annotations"][0]["segmentation"] = Mask.empty(5, 5).to_coco()
    broken["annotations"][2]["segmentation"] = Mask.empty(HEIGHT, WIDTH).to_coco()
    result = run(tmp_path, broken)
    assert "annotation 1 of a.png: A mask of 5×5 pixels does not fit its image" in result.output
    assert "annotation 3 of a.png: nothing of it is visible" in result.output
    assert "1 objects completed, 2 skipped" in result.output
    skipped = json.loads((tmp_path / "out.json").read_text())["info"]["skipped"]
    assert [(one["image"], one["annotation"]) for one in skipped] == [("a.png", 1), ("a.png", 3)]


@pytest.mark.parametrize(
    ("size", "said"),
    [
        ((WIDTH, HEIGHT), "images; in 1 they were fitted to the edges in the picture."),
        ((5, 5), f"skipped a.png: its picture has 5×5 pixels, not {WIDTH}×{HEIGHT}; it is not looked at"),
        ((5, 5), "images; in 0 they were fitted"),
        (None, "skipped a.png: its picture cannot be read; it is not looked at"),
        ("without", "--images has them fitted to the edges in the picture."),
    ],
)
def test_masks_that_overlap_are_said_to_be_rough_and_pictures_are_looked_at(tmp_path, size, said):
    rough = document()
    grown = Mask.from_coco(rough["annotations"][1]["segmentation"], HEIGHT, WIDTH).to_array()
    grown = cv2.dilate(grown.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
    rough["annotations"][1]["segmentation"] = Mask.from_array(grown).to_coco()
    (tmp_path / "in.json").write_text(json.dumps(rough))
    arguments = ["--coco", str(tmp_path / "in.json"), "--out", str(tmp_path / "out.json")]
    if size != "without":
        (tmp_path / "images").mkdir()
        arguments += ["--images", str(tmp_path / "images")]
        if size is not None:
            cv2.imwrite(str(tmp_path / "images/a.png"), np.zeros((*size[::-1], 3), np.uint8))
    result = CliRunner().invoke(complete, arguments)
    assert result.exit_code == 0, result.output
    assert said in result.output
    assert "Masks overlap and are taken for rough in 1 of 1 images" in result.output
    assert json.loads((tmp_path / "out.json").read_text())["info"]["rough_images"] == 1


class Sure:
    """A method that always answers the same."""

    def __init__(self, name, confidence):
        self.name, self._confidence = name, confidence

    def complete(self, tasks):
        grown = [
            cv2.dilate(task.visible.astype(np.uint8), np.ones((9, 9), np.uint8)).astype(bool) for task in tasks
        ]
        return [
            (task.visible if self.name == "visible" else more, self._confidence)
            for task, more in zip(tasks, grown, strict=True)
        ]


@pytest.mark.parametrize(
    ("left", "method", "confidence", "occluders", "counted"),
    [
        (50, "visible", 0.3, [], 1),
        (50, "visible", 0.7, [], 0),
        (50, "visible", 0.3, [2], 0),
        (50, "learned", 0.7, [], 1),
        (0, "visible", 0.3, [], 0),
    ],
)
def test_objects_that_look_hidden_by_nothing_known_are_counted(left, method, confidence, occluders, counted):
    one = document()
    mask = Mask.from_array(np.roll(car(50, 100), left - 50, axis=1))
    one["annotations"] = [
        one["annotations"][0] | {"segmentation": mask.to_coco(), "attributes": {"occluded_by": occluders}},
        one["annotations"][1] | {"iscrowd": 1, "attributes": {"amodal_confidence": "none"}},
    ]
    if occluders:
        one["annotations"][1] |= {"iscrowd": 0, "attributes": {"occluded_by": []}}
    complete_document(one, lambda own: Completer([Sure(method, confidence)]))
    assert one["info"]["unexplained"] == counted + (method == "visible" and bool(occluders))


def test_exact_masks_need_no_pictures():
    def load(name):
        raise AssertionError(name)

    complete_document(document(), lambda own: Completer([Fortune({})]), load=load)


BAD_VALUES = st.one_of(
    st.none(),
    st.integers(-5, 10**12),
    st.text(max_size=6),
    st.lists(st.integers(-9, 10**6), max_size=4),
    st.just({"size": [HEIGHT, WIDTH], "counts": "zzzz"}),
    st.just({"size": [HEIGHT, WIDTH], "counts": [7]}),
    st.just([[0, 0, 1e300, 0, 5, 5]]),
    st.just([[float("nan")] * 6]),
)


@settings(max_examples=60, deadline=None)
@given(BAD_VALUES, st.sampled_from(["segmentation", "attributes", "occluded_by", "category_id"]))
def test_one_broken_annotation_does_not_stop_the_others(value, member):
    broken = document()
    target = broken["annotations"][0]
    if member == "occluded_by":
        target["attributes"] = {"occluded_by": value}
    else:
        target[member] = value
    skipped = complete_document(broken, lambda own: Completer([Prior()]))
    assert all("amodal_segmentation" in one for one in broken["annotations"][1:])
    assert len(broken["info"]["skipped"]) == len(skipped)
    assert all(str(one).startswith("annotation 1 of a.png: ") for one in skipped)
    if member == "segmentation":
        assert len(skipped) == 1


def test_an_image_without_annotations_and_an_occluder_that_is_not_there_are_named():
    given_file = document()
    given_file["images"].append({"id": 8, "file_name": "b.png", "width": 4, "height": 4})
    given_file["annotations"][0]["attributes"] = {"occluded_by": [2, 99]}
    found = [str(one) for one in complete_document(given_file, lambda own: Completer([Prior()]))]
    assert found == [
        "annotation 1 of a.png: its occluder 99 is no annotation of this image",
        "b.png: it has no annotations",
    ]


@pytest.mark.parametrize("content", ["{", "[]", '{"images": [], "categories": [], "annotations": []}'])
def test_files_that_are_no_coco_are_refused_and_nothing_is_written(tmp_path, content):
    result = run(tmp_path, content)
    assert isinstance(result.exception, FileFormatError)
    assert "in.json" in str(result.exception)
    assert not (tmp_path / "out.json").exists()


def test_a_folder_that_is_none_is_refused(tmp_path):
    (tmp_path / "in.json").write_text(json.dumps(document()))
    arguments = ["--coco", str(tmp_path / "in.json"), "--images", "nowhere", "--out", str(tmp_path / "out.json")]
    assert isinstance(CliRunner().invoke(complete, arguments).exception, InputError)


def test_fields_that_other_tools_leave_null_are_taken_for_absent(tmp_path):
    sparse = document()
    sparse["annotations"][0] |= {"attributes": None, "score": None}
    sparse["annotations"][1]["attributes"] = {"occluded_by": None, "kept": 1}
    result = run(tmp_path, sparse)
    assert result.exit_code == 0, result.output
    found = json.loads((tmp_path / "out.json").read_text())["annotations"]
    assert found[0]["attributes"]["occluded_by"] == [2]
    assert found[1]["attributes"]["kept"] == 1
