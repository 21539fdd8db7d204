import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from codriver.errors import FileFormatError, InputError, ResourceError
from perception.masks import Mask
from perception.occlusion.appearance import cut_out, extended, plate
from perception.occlusion.appearance_files import AppearanceFolder

SHAPE = (80, 140)
RED, BLUE, GREEN = (220, 30, 20), (10, 20, 200), (20, 180, 40)


class Telea:
    """OpenCV's inpainting: it continues whatever surrounds the hole."""

    name = "telea"

    def __init__(self, fails_after=10**9):
        self.left = fails_after

    def files_sha256(self):
        return {"telea": "1"}

    def inpaint(self, image, hole):
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        return cv2.inpaint(image, hole.astype(np.uint8), 3, cv2.INPAINT_TELEA)


def scene():
    """A red box, its right third behind a blue post, on green."""
    whole, post = np.zeros(SHAPE, bool), np.zeros(SHAPE, bool)
    whole[30:60, 40:100] = True
    post[10:75, 80:100] = True
    image = np.full((*SHAPE, 3), GREEN, np.uint8)
    image[whole], image[post] = RED, BLUE
    return image, whole & ~post, whole, post


def test_the_hidden_part_continues_the_object_and_not_what_is_around_it():
    image, visible, whole, _ = scene()
    found = cut_out(image, visible, whole, Telea())
    assert found.box == (40, 30, 60, 30)
    assert found.painted == 20 * 30
    assert found.pixels.shape == (30, 60, 4)
    assert (found.pixels[..., 3] == 255).all()
    assert np.abs(found.pixels[..., :3].astype(int) - RED).max() < 12
    assert np.array_equal(found.pixels[:, :38, :3], image[30:60, 40:78])


def test_an_object_that_is_seen_whole_is_only_cut_out():
    image, _, _, post = scene()
    found = cut_out(image, post, post, Telea(fails_after=0))
    assert found.painted == 0
    assert (found.pixels[..., :3] == BLUE).all()


def test_colours_are_extended_from_inside_the_edge():
    image, visible, _, _ = scene()
    image[visible & (np.arange(SHAPE[1]) == 79)] = (90, 90, 90)  # an edge that mixes with the post
    outside = extended(image, visible)[~visible]
    assert (outside == RED).all()


def test_a_plate_shows_nothing_of_the_objects():
    image, visible, whole, post = scene()
    found = plate(image, [visible, whole, post], Telea())
    assert np.abs(found.astype(int) - GREEN).max() < 12
    assert np.array_equal(plate(image, [], Telea(fails_after=0)), image)


@pytest.fixture
def dataset(tmp_path):
    """Three images in a folder, each with the box and the post, and their completed document."""
    image, visible, whole, post = scene()
    document = {"images": [], "annotations": [], "categories": [{"id": 1, "name": "box"}]}
    for number in (1, 2, 3):
        path = tmp_path / "images" / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        cv2.imwrite(str(path), cv2.cvtColor(np.roll(image, number, axis=2), cv2.COLOR_RGB2BGR))
        document["images"].append({"id": number, "file_name": path.name, "width": SHAPE[1], "height": SHAPE[0]})
        for place, (seen, amodal) in enumerate(((visible, whole), (post, post))):
            document["annotations"].append(
                {
                    "id": number * 10 + place,
                    "image_id": number,
                    "category_id": 1,
                    "segmentation": Mask.from_array(seen).to_coco(),
                    "amodal_segmentation": Mask.from_array(amodal).to_coco(),
                }
            )
    return document, tmp_path / "images", tmp_path / "out"


def index(out):
    return json.loads((out / "index.json").read_text())


def test_a_folder_has_all_cut_outs_plates_and_an_index(dataset):
    document, images, out = dataset
    assert AppearanceFolder(out, Telea()).write(document, images) == (6, 0)
    files = {entry["file"]: entry for entry in index(out)["files"]}
    assert set(files) == {str(path.relative_to(out)) for path in out.rglob("*.png")}
    assert len(files) == 9
    first = files["objects/000001-10.png"]
    assert (first["image"], first["annotation"], first["box"]) == ("1.png", 10, [40, 30, 60, 30])
    read = cv2.imread(str(out / "objects/000001-10.png"), cv2.IMREAD_UNCHANGED)
    assert read.shape == (30, 60, 4)


def test_a_stopped_run_goes_on_and_only_changes_are_made_anew(dataset):
    document, images, out = dataset
    stopped = AppearanceFolder(out, Telea(fails_after=2))
    with pytest.raises(KeyboardInterrupt):
        stopped.write(document, images)
    assert not [path for path in out.rglob("*") if path.name.startswith(".")]
    again = AppearanceFolder(out, Telea())
    assert again.write(document, images) == (6, 0)
    assert stopped.made > 0
    assert stopped.made + again.made == 9
    same = AppearanceFolder(out, Telea(fails_after=0))
    assert same.write(document, images) == (6, 0)
    assert same.made == 0
    document["annotations"][0]["amodal_segmentation"] = document["annotations"][0]["segmentation"]
    changed = AppearanceFolder(out, Telea())
    changed.write(document, images)
    assert changed.made == 2  # the object, and the plate of its image


def test_a_full_disk_is_told_of_the_file_that_was_to_be_written(dataset, monkeypatch):
    document, images, out = dataset
    replace = Path.replace

    def full(part, path):
        if path.parent.name == "objects" or list(out.glob("objects")):
            raise OSError(28, "No space left on device")
        return replace(part, path)

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(ResourceError, match=r"000001-10\.png cannot be written \(No space left on device\)"):
        AppearanceFolder(out, Telea()).write(document, images)
    assert [path.name for path in out.rglob("*") if path.is_file()] == ["index.json"]


def test_images_that_are_missing_or_of_another_size_are_recorded(dataset):
    document, images, out = dataset
    (images / "1.png").unlink()
    cv2.imwrite(str(images / "2.png"), np.zeros((5, 9, 3), np.uint8))
    assert AppearanceFolder(out, Telea()).write(document, images) == (2, 2)
    why = [entry["why"] for entry in index(out)["skipped"]]
    assert "cannot be read" in why[0]
    assert "has 9×5 pixels" in why[1]


def test_other_folders_and_broken_indices_are_refused(tmp_path):
    (tmp_path / "mine.txt").write_text("keep me")
    with pytest.raises(InputError, match="something else"):
        AppearanceFolder(tmp_path, Telea())
    (tmp_path / "index.json").write_text("{")
    with pytest.raises(FileFormatError, match=r"index\.json"):
        AppearanceFolder(tmp_path, Telea())
    assert (tmp_path / "mine.txt").read_text() == "keep me"
