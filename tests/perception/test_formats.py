import io
import json
import xml.etree.ElementTree as ElementTree

import cv2
import numpy as np
import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pycocotools.coco import COCO
from scipy import ndimage

from codriver.errors import InputError
from perception.commands.export import _NAMES
from perception.commands.export import export as export_command
from perception.dataset.result import write_result
from perception.dataset.run_file import RunFile, write_run
from perception.dataset.storage import Storage
from perception.formats.coco import coco_document
from perception.formats.coco_import import read_known_labels
from perception.formats.cocoa import write_cocoa
from perception.formats.cvat import write_cvat
from perception.formats.exporting import FORMATS, export
from perception.formats.kins import occlusion_clusters, write_kins
from perception.formats.kitti import kitti_line
from perception.formats.label_studio import brush_bytes, label_studio_task
from perception.formats.names import stem_of
from perception.formats.openlabel import openlabel_document
from perception.formats.polygons import joined, outlines
from perception.formats.runs import from_row_runs, row_runs
from perception.formats.yolo import yolo_lines
from perception.frame import FrameInfo
from perception.masks import Mask
from perception.record import Completion, FrameRecord, Instance, Occlusion

# Never square, so that a swap of width and height shows.
PIXELS = st.tuples(st.integers(2, 12), st.integers(13, 30)).flatmap(lambda size: arrays(np.bool_, size))


def drawn(polygons, height, width):
    """Pixels whose centre lies in a polygon."""
    pixels = np.zeros((height, width), bool)
    for polygon in polygons:
        for y, x in np.ndindex(height, width):
            pixels[y, x] |= cv2.pointPolygonTest(np.float32(polygon), (x + 0.5, y + 0.5), False) >= 0
    return pixels


def filled(pixels):
    return ndimage.binary_fill_holes(pixels)


def record_of(*masks, **changes):
    height, width = masks[0].shape
    info = FrameInfo("drive/7.png", "/drive/7.png", width, height, "00", "drive", 7)
    instances = tuple(
        Instance(id=i, mask=Mask.from_array(mask), score=0.5 + i / 10, status="unknown", **changes)
        for i, mask in enumerate(masks, 1)
    )
    return FrameRecord(info, instances)


def occluded_record():
    front, back = np.zeros((20, 45), bool), np.zeros((20, 45), bool)
    front[4:12, 10:20] = True
    back[4:12, 20:30] = True
    record = record_of(front, back)
    whole = Mask.from_array(front | back)
    hidden = Occlusion(0.5, (1,), (0.9,), 1, cut_by_frame=True, completions=(Completion("learned", whole, 0.8),))
    first, second = record.instances
    from dataclasses import replace

    first = replace(first, label="car", label_source="yolo", status="known", occlusion=Occlusion(0.0))
    return record.with_instances((first, replace(second, occlusion=hidden, cluster_id=3, track_id=9)))


@given(PIXELS)
def test_outlines_draw_the_mask_with_its_holes_filled(pixels):
    found = outlines(Mask.from_array(pixels))
    assert np.array_equal(drawn(found, *pixels.shape), filled_by_parts(pixels))


def filled_by_parts(pixels):
    """Each part with its own holes filled; parts touch at corners, as in OpenCV's outlines."""
    parts, count = ndimage.label(pixels, np.ones((3, 3)))
    whole = np.zeros_like(pixels)
    for part in range(1, count + 1):
        whole |= ndimage.binary_fill_holes(parts == part)
    return whole


@given(PIXELS)
def test_yolo_round_trip(pixels):
    classes = {}
    lines = yolo_lines(record_of(pixels, label="traffic cone"), classes)
    if not pixels.any():
        assert lines == []
        return
    _, *values = lines[0].split()
    assert classes == {"traffic cone": 0}
    height, width = pixels.shape
    polygon = np.array(values, float).reshape(-1, 2)
    assert polygon.min() >= 0
    assert polygon.max() <= 1
    polygon *= (width, height)
    expected = filled_by_parts(pixels)
    # Bridges between parts have no width; only a pixel whose centre they touch may be drawn besides.
    got = drawn([polygon], height, width)
    assert not (expected & ~got).any() or len(outlines(Mask.from_array(pixels))) > 1
    if len(outlines(Mask.from_array(pixels))) == 1:
        assert np.array_equal(got, expected)


def test_parts_are_joined_by_bridges_without_area():
    pixels = np.zeros((9, 20), bool)
    pixels[1:3, 1:5] = pixels[5:8, 3:9] = pixels[2:4, 12:17] = True
    parts = outlines(Mask.from_array(pixels))
    assert len(parts) == 3
    area = cv2.contourArea(np.float32(joined(parts)))
    assert area == pytest.approx(sum(cv2.contourArea(np.float32(one)) for one in parts))


@given(PIXELS)
def test_row_runs_round_trip(pixels):
    runs = row_runs(pixels)
    assert np.array_equal(from_row_runs(runs, *pixels.shape), pixels)
    assert all(length > 0 for length in runs[1:])


@given(PIXELS)
def test_cvat_round_trip(pixels):
    file = io.BytesIO()
    count = write_cvat([record_of(pixels)], file)
    document = ElementTree.fromstring(file.getvalue())  # noqa: S314 - we wrote it
    assert [one.tag for one in document] == ["version", "meta", "image"]  # readers want the labels in front
    assert [one.text for one in document.findall("meta/task/labels/label/name")] == ["unknown"] * int(pixels.any())
    image = document.find("image")
    assert (image.get("name"), image.get("width")) == ("drive/7.png", str(pixels.shape[1]))
    masks = image.findall("mask")
    assert len(masks) == count == int(pixels.any())
    got = np.zeros_like(pixels)
    for mask in masks:
        x, y, width, height = (int(mask.get(name)) for name in ("left", "top", "width", "height"))
        runs = [int(one) for one in mask.get("rle").split(",")]
        got[y : y + height, x : x + width] = from_row_runs(runs, height, width)
        assert mask.find("attribute[@name='status']").text == "unknown"
    assert np.array_equal(got, pixels)


def test_datumaro_reads_the_same_masks_from_cvat(tmp_path):
    datumaro = pytest.importorskip("datumaro", reason="datumaro, which reads CVAT's files, is not installed")
    random = np.random.default_rng(4)
    record = record_of(*(random.random((20, 31)) < share for share in (0.2, 0.5, 0.9)))
    picture = tmp_path / "images" / record.frame.id
    picture.parent.mkdir(parents=True)
    cv2.imwrite(str(picture), np.zeros((20, 31, 3), np.uint8))
    with (tmp_path / "annotations.xml").open("wb") as file:
        write_cvat([record], file)
    (item,) = datumaro.Dataset.import_from(str(tmp_path), "cvat")
    assert len(item.annotations) == 3
    for mask, instance in zip(item.annotations, record.instances, strict=True):
        assert np.array_equal(mask.image > 0, instance.mask.to_array())
        assert mask.attributes["status"] == "unknown"


def unpacked(content):
    """What Label Studio does when it reads a brush, by its converter's description."""
    bits = "".join(f"{byte:08b}" for byte in content)
    place = 0

    def read(size):
        nonlocal place
        place += size
        return int(bits[place - size : place], 2)

    total, word = read(32), read(5) + 1
    sizes = [read(4) + 1 for _ in range(4)]
    values = []
    while len(values) < total:
        repeated = read(1)
        length = 1 + read(sizes[read(2)])
        values += [read(word)] * length if repeated else [read(word) for _ in range(length)]
    return np.array(values, np.uint8)


@given(PIXELS)
def test_label_studio_round_trip(pixels):
    values = unpacked(brush_bytes(Mask.from_array(pixels))).reshape(*pixels.shape, 4)
    assert np.array_equal(values, np.repeat(pixels[:, :, None], 4, axis=2) * np.uint8(255))


def test_label_studio_masks_larger_than_its_longest_run():
    pixels = np.zeros((200, 300), bool)
    pixels[150:, 40:] = True
    assert np.array_equal(unpacked(brush_bytes(Mask.from_array(pixels)))[::4].reshape(200, 300) > 0, pixels)
    task = label_studio_task(record_of(pixels, label="bus"))
    result = task["predictions"][0]["result"][0]
    assert (result["original_width"], result["original_height"]) == (300, 200)
    assert result["value"]["brushlabels"] == ["bus"]


@given(PIXELS)
def test_openlabel_round_trip(pixels):
    document = openlabel_document([record_of(pixels)])["openlabel"]
    (entry,) = document["frames"]["0"]["objects"].values()
    mask = Mask(*pixels.shape, entry["object_data"]["binary"][0]["val"])
    assert np.array_equal(mask.to_array(), pixels)
    centre_x, _, width, _ = entry["object_data"]["bbox"][0]["val"]
    assert (centre_x - width / 2, width) == (mask.box[0], mask.box[2])


def test_an_openlabel_object_lives_as_long_as_its_track():
    pixels = np.ones((3, 7), bool)
    seen, other = record_of(pixels, track_id=4), record_of(pixels, track_id=5)
    document = openlabel_document([seen, seen, other, seen])["openlabel"]
    # ASAM's schema takes numbers and UUIDs as keys of objects, nothing else.
    by_name = {one["name"]: key for key, one in document["objects"].items()}
    assert by_name == {"drive/track-4": "0", "drive/track-5": "1"}
    assert [list(frame["objects"]) for frame in document["frames"].values()] == [["0"], ["0"], ["1"], ["0"]]
    intervals = document["objects"]["0"]["frame_intervals"]
    assert intervals == [{"frame_start": 0, "frame_end": 1}, {"frame_start": 3, "frame_end": 3}]


def test_coco_keeps_the_contract_and_is_read_by_pycocotools(tmp_path):
    record = occluded_record()
    document = coco_document([FrameRecord(FrameInfo("x.png", "x.png", 0, 0, ""), failure="Broken."), record])
    front, back = document["annotations"]
    assert document["images"][0]["failure"] == "Broken."
    assert back["attributes"]["occluded_by"] == [front["id"]]
    assert back["attributes"]["occlusion_rate"] == 0.5
    assert back["attributes"]["depth_order"] == 1
    assert back["amodal_bbox"] == [10, 4, 20, 8]
    assert (back["bbox"], back["area"]) == ([20, 4, 10, 8], 80)
    assert (
        front["attributes"] | {"status": "known", "label_source": "yolo", "cluster_id": None}
        == front["attributes"]
    )
    (tmp_path / "coco.json").write_text(json.dumps(document))
    coco = COCO(str(tmp_path / "coco.json"))
    assert np.array_equal(coco.annToMask(coco.anns[back["id"]]) > 0, record.instances[1].mask.to_array())
    known = read_known_labels(tmp_path / "coco.json").of("drive/7.png", 45, 20)
    assert known == [("car", record.instances[0].mask), ("unknown", record.instances[1].mask)]
    with pytest.raises(InputError, match="does not fit its image"):
        read_known_labels(tmp_path / "coco.json").of("drive/7.png", 20, 45)
    assert read_known_labels(tmp_path / "coco.json").ignored("drive/7.png", 45, 20).area == 0
    back["iscrowd"] = 1
    (tmp_path / "coco.json").write_text(json.dumps(document))
    crowded = read_known_labels(tmp_path / "coco.json")
    assert crowded.of("drive/7.png", 45, 20) == known[:1]
    assert crowded.ignored("drive/7.png", 45, 20) == record.instances[1].mask
    del back["category_id"]
    document["annotations"].append({"id": 99, "image_id": 99, "iscrowd": 1, "segmentation": back["segmentation"]})
    (tmp_path / "coco.json").write_text(json.dumps(document))
    assert read_known_labels(tmp_path / "coco.json").by_name.keys() == crowded.by_name.keys()
    assert read_known_labels(tmp_path / "coco.json").ignored("drive/7.png", 45, 20) == record.instances[1].mask


def written(write, *records):
    buffer = io.BytesIO()
    write(records, buffer)
    return json.loads(buffer.getvalue())


def test_kins_has_both_shapes_and_the_order_in_its_clusters(tmp_path):
    lone = record_of(np.eye(20, 45, dtype=bool), label="car")
    document = written(write_kins, occluded_record(), lone)
    front, back, other = document["annotations"]
    (tmp_path / "kins.json").write_text(json.dumps(document))
    kins = COCO(str(tmp_path / "kins.json"))
    whole = kins.annToMask(kins.anns[back["id"]]) > 0
    assert (back["a_bbox"], back["bbox"], back["a_area"]) == ([10, 4, 20, 8], [10, 4, 20, 8], 160)
    assert (back["i_bbox"], back["i_area"], back["inmodal_seg"]) == ([20, 4, 10, 8], 80, back["i_segm"])
    assert np.array_equal(Mask.from_coco(back["i_segm"], 20, 45).to_array(), whole & (np.arange(45) >= 20))
    assert [(one["oco_id"], one["ico_id"]) for one in (front, back, other)] == [(1, 1), (1, 2), (1, 1)]
    assert occlusion_clusters(record_of(np.eye(4, 5), np.eye(4, 5, 2))) == {1: (1, 1), 2: (2, 1)}
    assert front["a_segm"] == front["i_segm"]


def test_cocoa_tells_the_pairs_by_the_numbers_of_its_regions():
    document = written(write_cocoa, occluded_record())
    (image,) = document["annotations"]
    front, back = image["regions"]
    assert (front["order"], back["order"], image["depth_constraint"], image["size"]) == (1, 2, "1-2", 2)
    assert (front["name"], back["occlude_rate"], "visible_mask" in front) == ("car", 0.5, False)
    visible, hidden = (Mask.from_coco(back[f"{one}visible_mask"], 20, 45) for one in ("", "in"))
    assert visible == occluded_record().instances[1].mask
    assert hidden == occluded_record().instances[0].mask
    assert Mask.from_coco([back["segmentation"]], 20, 45) == visible | hidden


def test_kitti_lines():
    front, back = (kitti_line(one).split() for one in occluded_record().instances)
    assert front[:8] == ["car", "0", "0", "-10", "10.00", "4.00", "19.00", "11.00"]
    assert back[:3] == ["unknown", "1", "2"]
    assert len(front) == len(back) == 16
    assert kitti_line(record_of(np.ones((2, 5), bool), label="traffic cone").instances[0]).startswith(
        "traffic_cone 0 3 "
    )


def test_names_of_files_stay_apart():
    assert [stem_of(one) for one in ("a/7.png", "a/7.jpg", "clip.mp4#12")] == ["a/7", "a/7", "clip.mp4_12"]

    first, second = (FrameRecord(FrameInfo(f"a/7.{end}", "", 5, 4, "")) for end in ("png", "jpg"))
    for name in ("yolo", "kitti"):
        with pytest.raises(InputError, match=r"would share the label file a/7\.txt"):
            export([first, second], name, f"memory://same-names-{name}")


def test_the_command_knows_all_formats():
    assert sorted(_NAMES) == sorted(FORMATS)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_format_is_written_by_the_command(tmp_path, name):
    storage = Storage(str(tmp_path / "data set"))
    broken = FrameRecord(FrameInfo("x.png", "x.png", 0, 0, ""), failure="Broken.")
    write_result(storage, "r", [broken, occluded_record()], {}, [])
    write_run(storage, RunFile("/drive", result="r"))
    out = tmp_path / f"out{getattr(FORMATS[name], 'suffix', '')}"
    arguments = [str(tmp_path / "data set"), "--format", name, "--out", str(out)]
    result = CliRunner().invoke(export_command, arguments, catch_exceptions=False)
    assert result.output.startswith("2 objects of 2 frames written to ")
    if name == "yolo":
        assert yaml.safe_load((out / "data.yaml").read_text())["names"] == {0: "car", 1: "unknown"}
        assert [path.name for path in (out / "labels").rglob("*.txt")] == ["7.txt"]
    if out.is_dir():
        with pytest.raises(InputError, match="is not empty"):
            export([], name, str(out))
    else:
        with pytest.raises(InputError, match="does not end in"):
            export([], name, str(tmp_path / "out.zip"))
