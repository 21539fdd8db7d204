import numpy as np

from perception.frame import FrameInfo
from perception.masks import Mask
from perception.occlusion.coco_completing import complete_document
from perception.occlusion.completing import Completer
from perception.occlusion.tracks import Video, shapes_elsewhere
from perception.record import FrameRecord, Instance

SHAPE = (120, 220)


def arrow(x, scale=1):
    """A thing that no library has: a triangle that points to the right."""
    rows, columns = np.indices(SHAPE)
    along = (columns - x) / scale
    return (along >= 0) & (along < 60) & (np.abs(rows - 70) < (60 - along) * scale / 2)


def post(x):
    mask = np.zeros(SHAPE, bool)
    mask[20:115, x : x + 22] = True
    return mask


def masks_of(number):
    """The arrow moves from the left to the right, behind a post in the second frame."""
    if number == 1:
        return [arrow(120), post(20)]
    front, whole = post(128), arrow(105, 0.9)
    return [whole & ~front, front]


def record(number, tracks=(7, 8)):
    instances = tuple(
        Instance(i, Mask.from_array(mask), 1.0, "known", "thing", track_id=track)
        for i, (mask, track) in enumerate(zip(masks_of(number), tracks, strict=True), 1)
    )
    return FrameRecord(FrameInfo(f"{number}.png", "", SHAPE[1], SHAPE[0], ""), instances)


def test_only_whole_shapes_of_other_frames_tell():
    first, second = shapes_elsewhere([record(1), record(2)], [{}, {2: [], 1: [2]}])
    assert first.keys() == {2}  # the arrow is hidden in the other frame, the post is not
    assert second.keys() == {1, 2}
    assert len(second[1]) == 1
    assert shapes_elsewhere([record(1, (None, None)), record(2, (None, None))], [{}, {}]) == [{}, {}]


def document(with_tracks):
    annotations = []
    for number in (1, 2):
        for place, mask in enumerate(masks_of(number)):
            attributes = {"occluded_by": [22] if (number, place) == (2, 0) else []}
            annotations.append(
                {
                    "id": 10 * number + place + 1,
                    "image_id": number,
                    "category_id": 1,
                    "segmentation": Mask.from_array(mask).to_coco(),
                    "attributes": attributes | ({"track_id": 7 + place} if with_tracks else {}),
                }
            )
    return {
        "images": [{"id": n, "file_name": f"{n}.png", "width": SHAPE[1], "height": SHAPE[0]} for n in (1, 2)],
        "categories": [{"id": 1, "name": "thing"}],
        "annotations": annotations,
    }


def test_a_file_with_tracks_completes_what_another_frame_shows():
    given = document(with_tracks=True)
    assert complete_document(given, lambda own: Completer([Video()])) == []
    hidden = next(one for one in given["annotations"] if one["id"] == 21)
    assert hidden["attributes"]["amodal_method"] == "video"
    found = Mask.from_coco(hidden["amodal_segmentation"], *SHAPE).to_array()
    whole = arrow(105, 0.9)
    missing = whole & ~masks_of(2)[0]
    added = found & ~masks_of(2)[0]
    assert (missing & added).sum() / (missing | added).sum() > 0.75


def test_without_tracks_it_has_no_idea():
    given = document(with_tracks=False)
    complete_document(given, lambda own: Completer([Video()]))
    assert {one["attributes"]["amodal_method"] for one in given["annotations"]} == {"visible"}
