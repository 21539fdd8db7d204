"""Labels of an earlier COCO file, brought into a run."""

import json

import pytest
from pipeline_kit import BrightRegions, coco_of, plan, stages

from codriver.errors import FileFormatError
from perception.dataset.dataset import Dataset
from perception.formats.coco_import import read_known_labels
from perception.pipeline.import_stage import ImportStage
from perception.pipeline.run import run


def test_imported_labels_win_over_what_was_found(drive, tmp_path):
    run(plan(drive, tmp_path / "out"))
    document = coco_of(tmp_path / "out")
    of_first = [one for one in document["annotations"] if one["image_id"] == 1]
    document["annotations"] = of_first[:1]
    document["images"][0]["file_name"] = "elsewhere/0.png"
    file = tmp_path / "known.json"
    file.write_text(json.dumps(document))
    known = ImportStage(read_known_labels(file))
    run(plan(drive, tmp_path / "again", frame_stages=stages(BrightRegions(), known), dataset_stages=[]))
    record = Dataset.open(str(tmp_path / "again")).record("0.png")
    assert len(record.instances) == len(of_first)
    imported = [one for one in record.instances if one.label_source == "import"]
    assert [one.mask.to_coco() for one in imported] == [of_first[0]["segmentation"]]
    assert imported[0].status == "known"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "it is no JSON"),
        ("[]", 'it has no list of "categories"'),
        ("{}", 'it has no list of "categories"'),
        ('{"images": [{}], "categories": [], "annotations": []}', 'entry 0 of "images" lacks id or file_name'),
        ('{"images": [], "categories": [7], "annotations": []}', 'entry 0 of "categories" lacks id or name'),
        (
            '{"images": [{"id": 1, "file_name": "a.png"}], "categories": [],'
            ' "annotations": [{"id": 5, "image_id": 1, "category_id": 9, "segmentation": [[1, 1, 5, 1, 5, 5]]}]}',
            "annotation 5 has the category_id 9, which the file does not list",
        ),
    ],
)
def test_what_is_no_coco_file_is_one_sentence(tmp_path, content, problem):
    (tmp_path / "x.json").write_text(content)
    with pytest.raises(FileFormatError, match=f"is not a COCO instance file: {problem}"):
        read_known_labels(tmp_path / "x.json")
