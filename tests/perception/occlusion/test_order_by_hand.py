import json
from collections import Counter

import numpy as np

from benchmarks.perception.order import SAMPLE, summary
from benchmarks.perception.whole_shapes import BY_HAND, rows, table
from perception.masks import Mask


def test_the_sample_is_whole_and_its_summary_adds_up():
    pairs = json.loads(SAMPLE.read_text())
    assert all(len(pair[one]) == 4 for pair in pairs for one in ("first", "second"))
    assert {pair["front"] for pair in pairs} == {"first", "second", "neither"}
    named = {(pair["image"], frozenset((tuple(pair["first"]), tuple(pair["second"])))) for pair in pairs}
    assert len(named) == len(pairs)
    assert Counter(pair["sitting"] for pair in pairs) == {1: 55, 2: 53}
    found = {(False, "first", "first"): 3, (True, "second", "first"): 2, (False, "first", "neither"): 1}
    told = summary(Counter(found | {(True, "neither", "second"): 4}))
    assert told["pairs that hide each other"] == told["right"] + told["reversed"] + told["not found"] == 6
    assert told["said to hide each other"] == told["pairs that only touch"] == 4


def test_the_regions_that_were_judged_are_named_once():
    regions = json.loads(BY_HAND.read_text())
    assert len({(one["image"], *one["box"]) for one in regions}) == len(regions)
    assert sum("why_not" not in one for one in regions) == 18


def test_completed_shapes_are_counted_by_what_the_truth_is():
    judged = json.loads(BY_HAND.read_text())[0]
    x, y, width, height = judged["box"]
    whole = np.zeros((360, 480), bool)
    whole[y : y + height, x : x + width] = True
    visible = whole.copy()
    visible[y + height // 2 :] = False
    entry = {"id": 1, "image_id": 1, "category_id": 1, "segmentation": Mask.from_array(visible).to_coco()}
    told = {
        "amodal_segmentation": Mask.from_array(whole).to_coco(),
        "attributes": {"occlusion_rate": 0.5, "full_extent_visible": False},
    }
    truth = {
        "images": [{"id": 1, "height": 360, "width": 480, "source": judged["image"]}],
        "categories": [{"id": 1, "name": "Car"}],
        "annotations": [entry | told],
    }
    for answer, reached in ((visible, 0.0), (whole, 1.0)):
        done = {"annotations": [entry | {"amodal_segmentation": Mask.from_array(answer).to_coco()}]}
        (row,) = rows(done, truth)
        assert (row.whole, row.odd, row.hidden_iou) == (True, False, reached)
    assert "| one whole object | 1 | 1.00 | 0 |" in table([row])
