import numpy as np
import pytest

from codriver.errors import InputError
from perception.masks import Mask
from perception.occlusion.coco_completing import complete_document
from perception.occlusion.completing import Completer


def document():
    first, second = np.zeros((40, 60), bool), np.zeros((40, 60), bool)
    first[5:30, 5:20], second[5:30, 40:55] = True, True
    masks = [Mask.from_array(first), Mask.from_array(second)]
    return {
        "images": [{"id": 7, "file_name": "a.png", "width": 60, "height": 40}],
        "categories": [{"id": 1, "name": "car"}],
        "annotations": [
            {"id": at, "image_id": 7, "category_id": 1, "segmentation": one.to_coco()}
            for at, one in enumerate(masks, 1)
        ],
    }


def completed(given):
    return complete_document(given, lambda own: Completer([]))


@pytest.mark.parametrize(
    ("part", "field", "named"),
    [
        ("annotations", "id", r"annotations\[0\] has no id"),
        ("images", "width", r"images\[0\] \(id 7\) lacks file_name, width"),
        ("images", "file_name", r"images\[0\] \(id 7\) lacks file_name"),
        ("categories", "id", r"categories\[0\] has no id"),
    ],
)
def test_what_coco_demands_and_the_file_lacks_is_named(part, field, named):
    lacking = document()
    del lacking[part][0][field]
    with pytest.raises(InputError, match=named):
        completed(lacking)


@pytest.mark.parametrize("part", ["images", "annotations", "categories"])
def test_an_id_given_twice_and_a_list_that_is_not_there_are_refused(part):
    twice = document()
    twice[part].append(dict(twice[part][0]))
    with pytest.raises(InputError, match=f"Two of its {part} have the id"):
        completed(twice)
    lacking = document()
    del lacking[part]
    with pytest.raises(InputError, match=f"{part} is no list of objects"):
        completed(lacking)


def test_what_is_no_object_is_refused():
    with pytest.raises(InputError, match="outermost value"):
        completed([])


@pytest.mark.parametrize("of", [777, None, [7]])
def test_an_annotation_of_no_image_is_skipped_and_the_rest_completed(of):
    given = document()
    given["annotations"][0]["image_id"] = of
    (skip,) = completed(given)
    assert skip.annotation == 1
    assert "no such image" in skip.why
    assert "amodal_segmentation" not in given["annotations"][0]
    assert "amodal_segmentation" in given["annotations"][1]
