import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from pipeline_kit import write_frames

from codriver.errors import InputError
from perception.formats.coco_import import read_known_labels
from perception.frames.source import open_source
from perception.pipeline.calibration import _labels_in, _pictures


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
