"""What a run computes, and what it need not compute again."""

from collections import Counter

import fsspec
import numpy as np
import pytest
from pipeline_kit import BrightRegions, ByColour, Score, coco_of, plan, stages, write_frames

from codriver.errors import FileFormatError
from perception.dataset.dataset import Dataset
from perception.dataset.run_file import read_run
from perception.dataset.storage import Storage
from perception.frames.source import open_source
from perception.pipeline.run import Plan, run


def test_a_run_labels_what_it_can_and_says_what_it_could_not(drive, tmp_path):
    summary = run(plan(drive, tmp_path / "out"))
    assert (summary.total, summary.computed) == (6, 5)
    assert [one.info.id for one in summary.failed] == ["2.png"]
    dataset = Dataset.open(str(tmp_path / "out"))
    assert dataset.frame_ids == tuple(f"{i}.png" for i in range(6))
    broken = dataset.record("2.png")
    assert "is damaged" in broken.failure
    assert broken.instances == ()
    document = coco_of(tmp_path / "out")
    assert "failure" in document["images"][2]
    assert len(document["annotations"]) == len(dataset.table) > 8
    assert Counter(dataset.table.cluster.tolist()) == {one.id: one.size for one in dataset.clusters if one.size}
    kept = read_run(Storage(str(tmp_path / "out")))
    assert kept.state == "finished"
    assert [one["name"] for one in kept.stages] == ["propose", "score", "cluster"]
    assert kept.frames == {"total": 6, "failed": 1, "computed": 5}
    assert kept.versions["numpy"] == np.__version__


def test_running_again_computes_nothing_and_one_changed_stage_only_what_follows(drive, tmp_path):
    journal = tmp_path / "journal"

    def steps(factor):
        journal.write_text("")
        used = stages(BrightRegions(journal=str(journal)), Score(factor, str(journal)))
        run(plan(drive, tmp_path / "out", frame_stages=used))
        return Counter(line.split()[0] for line in journal.read_text().splitlines())

    assert steps(1.0) == {"propose": 5, "score": 5}
    first = coco_of(tmp_path / "out")
    assert steps(1.0) == {}
    assert coco_of(tmp_path / "out") == first
    assert steps(2.0) == {"score": 5}
    assert coco_of(tmp_path / "out") != first
    assert steps(1.0) == {}
    assert coco_of(tmp_path / "out") == first
    assert len(list((tmp_path / "out" / "results").rglob("records.jsonl"))) == 1


def test_a_new_or_mended_frame_is_the_only_one_computed(drive, tmp_path):
    run(plan(drive, tmp_path / "out"))
    write_frames(tmp_path / "more", 7)
    (drive / "2.png").write_bytes((tmp_path / "more" / "2.png").read_bytes())
    (drive / "6.png").write_bytes((tmp_path / "more" / "6.png").read_bytes())
    summary = run(plan(drive, tmp_path / "out"))
    assert (summary.total, summary.computed, summary.failed) == (7, 2, ())


def test_a_source_and_a_sink_may_be_urls(drive, tmp_path):
    memory = fsspec.filesystem("memory")
    for path in drive.iterdir():
        memory.pipe_file(f"/{tmp_path.name}/drive/{path.name}", path.read_bytes())
    base = f"memory://{tmp_path.name}"
    run(Plan(open_source(f"{base}/drive"), f"{base}/out", stages(BrightRegions(), Score()), [ByColour()]))
    run(plan(drive, tmp_path / "out"))
    assert coco_of(f"{base}/out")["annotations"] == coco_of(tmp_path / "out")["annotations"]
    assert run(Plan(open_source(f"{base}/drive"), f"{base}/out", stages(BrightRegions(), Score()))).computed == 0


@pytest.mark.parametrize("name", ["records.jsonl", "index.json", "spans.npy", "table.npz", "clusters.json"])
@pytest.mark.parametrize("damage", [None, 0.5])
def test_a_damaged_result_is_written_anew_from_the_log(drive, tmp_path, name, damage):
    run(plan(drive, tmp_path / "out"))
    before = coco_of(tmp_path / "out")
    (path,) = (tmp_path / "out" / "results").rglob(name)
    content = path.read_bytes()
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(content[: int(damage * len(content))])
    with pytest.raises(FileFormatError, match="results and label again"):
        dataset = Dataset.open(str(tmp_path / "out"))
        assert [one.frame.id for one in dataset.records()] == list(dataset.frame_ids)
        assert len(dataset.table) > 8
        assert len(dataset.clusters) == 3
    assert run(plan(drive, tmp_path / "out")).computed == 0
    assert coco_of(tmp_path / "out") == before
    assert path.read_bytes() == content
