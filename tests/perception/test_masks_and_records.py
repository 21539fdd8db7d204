import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from codriver.errors import InputError
from perception.frame import FrameInfo
from perception.masks import Mask, cover_matrix, iou_matrix
from perception.record import Completion, FrameRecord, Instance, Occlusion, record_from_json, record_to_json

PIXELS = arrays(np.bool_, st.tuples(st.integers(1, 20), st.integers(1, 30)))


@given(PIXELS)
def test_a_mask_keeps_its_pixels_area_and_box(pixels):
    mask = Mask.from_array(pixels)
    assert np.array_equal(mask.to_array(), pixels)
    assert mask.area == pixels.sum()
    ys, xs = np.nonzero(pixels)
    expected = (xs.min(), ys.min(), np.ptp(xs) + 1, np.ptp(ys) + 1) if len(xs) else (0, 0, 0, 0)
    assert mask.box == expected
    assert Mask.from_coco(mask.to_coco(), *pixels.shape) == mask


@given(PIXELS, st.integers(0, 5), st.integers(0, 5), st.integers(0, 5), st.integers(0, 5))
def test_masks_are_cropped_and_placed_as_their_pixels(pixels, above, left, below, right):
    framed = np.pad(pixels, ((above, below), (left, right)))
    mask = Mask.from_array(framed)
    assert Mask.placed(pixels, left, above, *framed.shape) == mask
    cropped, x, y = mask.cropped()
    assert (x, y, *cropped.shape[::-1]) == mask.box
    assert np.array_equal(cropped, framed[y : y + cropped.shape[0], x : x + cropped.shape[1]])


def test_runs_of_no_pixels_do_not_widen_what_is_cropped():
    runs = [[7, 2, 11], [3, 0, 4, 2, 5, 0, 6], [0, 0, 7, 2, 11, 0]]
    cropped = [Mask.from_coco({"size": [4, 5], "counts": counts}, 4, 5).cropped() for counts in runs]
    for pixels, left, top in cropped:
        assert (left, top) == (1, 0)
        assert pixels.tolist() == [[False, True], [False, False], [False, False], [True, False]]


@given(arrays(np.bool_, (7, 9)), arrays(np.bool_, (7, 9)))
def test_set_operations_and_overlaps_are_those_of_the_pixels(first, second):
    a, b = Mask.from_array(first), Mask.from_array(second)
    both, either = (first & second).sum(), (first | second).sum()
    assert (a & b).area == both
    assert (a | b).area == either
    if either:
        assert iou_matrix([a], [b])[0, 0] == pytest.approx(both / either)
    if first.any():
        assert cover_matrix([a], [b])[0, 0] == pytest.approx(both / first.sum())


def test_coco_polygons_and_uncompressed_lengths_are_read():
    square = Mask.from_coco([[2, 1, 6, 1, 6, 4, 2, 4]], height=5, width=8)
    assert square.area == 12
    assert square.box == (2, 1, 4, 3)
    assert Mask.from_coco({"size": [2, 3], "counts": [1, 2, 3]}, 2, 3).area == 2


BROKEN = ["", "zzzzzzzzzzzz", "é", "4", 5, None, [5, 500], [-5, 45], [10**12], [9], [40, "a"], [20.5, 19.5]]


@pytest.mark.parametrize(
    "segmentation",
    [
        *([], None, 7, {"size": [5, 8]}, [["x"]], {"size": "ab", "counts": [1]}),
        *([[float("nan")] * 6], [[1e300, 0, 5, 5, 5, 0]]),
        *({"size": [5, 8], "counts": counts} for counts in BROKEN),
    ],
)
def test_what_is_no_segmentation_is_refused(segmentation):
    with pytest.raises(InputError, match=r"segmentation"):
        Mask.from_coco(segmentation, 5, 8)


def test_a_mask_of_another_image_is_refused():
    with pytest.raises(InputError, match="8×5 pixels does not fit its image of 9×5"):
        Mask.from_coco(Mask.empty(5, 8).to_coco(), 5, 9)


def test_a_record_survives_json():
    info = FrameInfo("a/1.png", "s3://b/a/1.png", 9, 7, "00", "a", 1)
    mask = Mask.from_array(np.eye(7, 9))
    hidden = Occlusion(0.25, (2,), (0.9,), 1, True, (Completion("learned", mask, 0.8),))
    whole = Instance(1, mask, 0.7, "known", "car", "import", 0.9, 0.8, 0.95, 4, 2, hidden)
    record = FrameRecord(info, (whole, Instance(2, mask, 0.5, "unknown")), "", {"embed": 1.5})
    assert record_from_json(record_to_json(record)) == record
