import copy
import json
import os
import re
import shutil
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import fsspec
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from pipeline_kit import BrightRegions, ByColour, Score, stages, write_frames

from codriver.errors import FileFormatError, InputError, ResourceError
from perception.dataset.dataset import Dataset
from perception.dataset.run_file import read_run
from perception.dataset.storage import Storage
from perception.formats.coco import coco_document
from perception.formats.coco_import import read_known_labels
from perception.frames.source import open_source
from perception.pipeline.engines import Processes
from perception.pipeline.import_stage import ImportStage
from perception.pipeline.run import Plan, check_any_good, run


@pytest.fixture
def drive(tmp_path):
    write_frames(tmp_path / "drive", 6)
    (tmp_path / "drive" / "2.png").write_bytes((tmp_path / "drive" / "2.png").read_bytes()[:60])
    return tmp_path / "drive"


def plan(drive, out, **changes):
    given = {"frame_stages": stages(BrightRegions(), Score()), "dataset_stages": [ByColour()]}
    return Plan(open_source(str(drive)), str(out), **{**given, **changes})


def coco_of(out):
    return coco_document(Dataset.open(str(out)).records())


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


def test_several_processes_give_what_one_gives(drive, tmp_path):
    run(plan(drive, tmp_path / "one"))
    summary = run(plan(drive, tmp_path / "two", engine=Processes(2)))
    assert summary.computed == 5
    assert coco_of(tmp_path / "one") == coco_of(tmp_path / "two")


@dataclass(frozen=True)
class Mishap:
    """A stage in which a worker dies once, or always, or that raises."""

    how: str = ""
    mark: str = ""
    name: str = "mishap"

    def fingerprint(self):
        return {}

    def run(self, frame, record):
        if self.how == "full":
            raise ResourceError("The disk is full; mend that.")
        if self.how == "dies" or (self.how == "dies once" and self.is_first()):
            os._exit(1)
        return record

    def is_first(self):
        try:
            Path(self.mark).touch(exist_ok=False)
        except FileExistsError:
            return False
        return True


@pytest.fixture(scope="module")
def local_ray():
    ray = pytest.importorskip("ray", reason="the extra `ray` is not installed")
    from perception.pipeline import ray_engine

    watched = Steps()
    ray_engine._start(ray, watched)
    assert watched.steps == [("starting Ray", 0, 1), ("starting Ray", 1, 1)]
    yield ray_engine.OnRay
    ray.shutdown()


@dataclass
class Steps:
    steps: list = field(default_factory=list)

    def step(self, *step):
        self.steps.append(step)

    def stopped(self):
        return False


@pytest.mark.timeout(600)
def test_ray_gives_what_one_process_gives_even_if_a_worker_dies(drive, tmp_path, local_ray):
    run(plan(drive, tmp_path / "one"))
    dying = stages(BrightRegions(), Score(), Mishap("dies once", str(tmp_path / "mark")))
    watcher = Steps()
    assert run(plan(drive, tmp_path / "two", frame_stages=dying, engine=local_ray(2)), watcher).computed == 5
    assert (tmp_path / "mark").exists()
    assert coco_of(tmp_path / "one") == coco_of(tmp_path / "two")
    assert watcher.steps[1] == ("first frame from Ray", 0, 1)


def test_a_frame_counts_as_computed_though_its_worker_died_before_it_could_tell(drive, tmp_path):
    def engine(*dead):
        return Untold(frozenset(dead))

    assert run(plan(drive, tmp_path / "out", engine=engine("0.png", "3.png"))).computed == 5
    assert run(plan(drive, tmp_path / "out", engine=engine("0.png", "3.png"))).computed == 0
    shutil.copy(drive / "0.png", drive / "copy.png")  # found in the log, though not under its name
    assert run(plan(drive, tmp_path / "out", engine=engine("copy.png"))).computed == 0
    changed = stages(BrightRegions(), Score(2.0))
    assert run(plan(drive, tmp_path / "out", frame_stages=changed, engine=engine("0.png"))).computed == 5


@dataclass(frozen=True)
class Untold:
    """Some frames are done by a worker that dies before it can tell, and then by another one."""

    frames: frozenset

    def outcomes(self, worker, refs, watcher):
        for ref in refs:
            if ref.id in self.frames:
                copy.copy(worker).do(ref)
            yield copy.copy(worker).do(ref)


def test_somebody_who_stops_while_ray_workers_die_has_stopped_the_run(drive, tmp_path, monkeypatch):
    ray = pytest.importorskip("ray", reason="the extra `ray` is not installed")
    from perception.pipeline.ray_engine import OnRay

    watcher = StopAfter(5)
    begun = []

    def die(_self, _ray, worker, refs):
        begun.append(len(refs))
        yield worker.do(refs[0])
        watcher.seen = watcher.frames if len(begun) == 2 else 0
        raise ray.exceptions.RayError("The actor died.")

    monkeypatch.setattr(ray, "is_initialized", lambda: True)
    monkeypatch.setattr(OnRay, "_outcomes", die)
    assert run(plan(drive, tmp_path / "out", engine=OnRay(2)), watcher).stopped
    kept = read_run(Storage(str(tmp_path / "out")))
    assert (kept.state, kept.failure, kept.frames["computed"]) == ("stopped", "", 2)
    assert begun == [6, 5]


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("how", "sentence"), [("full", "^The disk is full; mend that.$"), ("dies", "died 3 times .*fewer --workers.$")]
)
def test_what_goes_wrong_in_a_ray_worker_is_one_sentence(drive, tmp_path, local_ray, how, sentence):
    bad = stages(BrightRegions(), Mishap(how, str(tmp_path / "mark")))
    with pytest.raises(ResourceError) as caught:
        run(plan(drive, tmp_path / "out", frame_stages=bad, engine=local_ray(1)))
    assert re.search(sentence, str(caught.value))
    assert len(list((tmp_path / "out" / "log").rglob("*.json"))) >= 1  # what was finished stays


def test_workers_share_out_gpus_without_splitting_a_part_over_two():
    from perception.pipeline.ray_engine import gpu_share

    assert [gpu_share(0, 3), gpu_share(4, 2), gpu_share(1, 4), gpu_share(2, 3)] == [0, 1, 0.25, 0.5]


def test_a_ray_that_does_not_start_is_one_sentence(drive, tmp_path, monkeypatch):
    ray = pytest.importorskip("ray", reason="the extra `ray` is not installed")
    from perception.pipeline.ray_engine import OnRay

    def late(**_options):
        raise Exception("The current node timed out during startup. This could happen.\nMore.")

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "shutdown", lambda: None)
    monkeypatch.setattr(ray, "init", late)
    with pytest.raises(
        ResourceError, match=r"Ray did not start \(The current node .*happen\); .*--engine local\."
    ):
        run(plan(drive, tmp_path / "out", engine=OnRay(2)))
    watcher = StopAfter(5)

    def stopped_meanwhile(**_options):
        watcher.seen = watcher.frames
        raise Exception("The current node timed out during startup.")

    monkeypatch.setattr(ray, "init", stopped_meanwhile)
    assert run(plan(drive, tmp_path / "out", engine=OnRay(2)), watcher).stopped
    assert read_run(Storage(str(tmp_path / "out"))).state == "stopped"


def test_a_source_and_a_sink_may_be_urls(drive, tmp_path):
    memory = fsspec.filesystem("memory")
    for path in drive.iterdir():
        memory.pipe_file(f"/{tmp_path.name}/drive/{path.name}", path.read_bytes())
    base = f"memory://{tmp_path.name}"
    run(Plan(open_source(f"{base}/drive"), f"{base}/out", stages(BrightRegions(), Score()), [ByColour()]))
    run(plan(drive, tmp_path / "out"))
    assert coco_of(f"{base}/out")["annotations"] == coco_of(tmp_path / "out")["annotations"]
    assert run(Plan(open_source(f"{base}/drive"), f"{base}/out", stages(BrightRegions(), Score()))).computed == 0


@dataclass
class StopAfter:
    frames: int
    seen: int = 0

    def step(self, what, done, total):
        self.seen = done

    def stopped(self):
        return self.seen >= self.frames


def test_a_stopped_run_keeps_what_it_has_and_goes_on(drive, tmp_path):
    summary = run(plan(drive, tmp_path / "out"), StopAfter(2))
    assert summary.stopped
    assert read_run(Storage(str(tmp_path / "out"))).state == "stopped"
    with pytest.raises(InputError, match="is not finished; label again"):
        Dataset.open(str(tmp_path / "out"))
    assert run(plan(drive, tmp_path / "out")).computed == 3
    run(plan(drive, tmp_path / "straight"))
    assert coco_of(tmp_path / "out") == coco_of(tmp_path / "straight")


@dataclass(frozen=True)
class Hungry(BrightRegions):
    of_opencv: bool = False

    def run(self, frame, record):
        if frame.info.id == "3.png" and self.of_opencv:
            error = cv2.error("Insufficient memory")
            error.code = cv2.Error.StsNoMem
            raise error
        if frame.info.id == "3.png":
            raise MemoryError
        return super().run(frame, record)


@pytest.mark.parametrize("of_opencv", [False, True])
def test_a_frame_too_large_for_memory_fails_alone_and_is_tried_again(drive, tmp_path, of_opencv):
    summary = run(plan(drive, tmp_path / "out", frame_stages=stages(Hungry(of_opencv=of_opencv))))
    assert [one.info.id for one in summary.failed] == ["2.png", "3.png"]
    assert "Memory did not suffice" in summary.failed[1].failure
    assert run(plan(drive, tmp_path / "out", frame_stages=stages(BrightRegions()))).computed == 1


def test_a_killed_worker_is_one_sentence(drive, tmp_path):
    with pytest.raises(ResourceError, match="worker process was killed"):
        run(plan(drive, tmp_path / "out", frame_stages=stages(Suicidal()), engine=Processes(1)))


@dataclass(frozen=True)
class Suicidal(BrightRegions):
    def run(self, frame, record):
        import os
        import signal

        os.kill(os.getpid(), signal.SIGKILL)


def test_no_readable_frame_at_all_is_an_error(tmp_path):
    (tmp_path / "drive").mkdir()
    (tmp_path / "drive" / "1.png").write_bytes(b"")
    summary = run(plan(tmp_path / "drive", tmp_path / "out"))
    with pytest.raises(ResourceError, match=r"None of 1 frame could be read; .*empty file"):
        check_any_good(summary)


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


@dataclass(frozen=True)
class Breaks:
    """A stage that breaks at one frame, as a model file that was damaged meanwhile does."""

    frame: str
    error: BaseException
    name: str = "score"

    def fingerprint(self):
        return {}

    def run(self, frame, record):
        if frame.info.id == self.frame:
            raise self.error
        return record


@pytest.mark.parametrize(
    ("error", "raised", "state", "failure"),
    [
        (
            ResourceError("model.onnx is damaged; pull it."),
            ResourceError,
            "failed",
            "model.onnx is damaged; pull it.",
        ),
        (ZeroDivisionError("by zero"), ZeroDivisionError, "failed", "ZeroDivisionError: by zero"),
        (KeyboardInterrupt(), KeyboardInterrupt, "stopped", ""),
    ],
)
def test_the_run_file_tells_how_a_run_ended_that_did_not_finish(drive, tmp_path, error, raised, state, failure):
    out = tmp_path / "out"
    with pytest.raises(raised):
        run(plan(drive, out, frame_stages=stages(BrightRegions(), Breaks("4.png", error))))
    kept = read_run(Storage(str(out)))
    assert (kept.state, kept.failure, len(kept.times)) == (state, failure, 1)
    if failure:
        with pytest.raises(
            InputError, match=f"not finished .the last run ended so: {failure.rstrip('.')}.; label"
        ):
            Dataset.open(str(out))
    mended = stages(BrightRegions(), Breaks("", error))
    assert run(plan(drive, out, frame_stages=mended)).computed == 2  # 4.png, which broke, and 5.png after it
    kept = read_run(Storage(str(out)))
    assert (kept.state, kept.failure, len(kept.times)) == ("finished", "", 2)
    run(plan(drive, tmp_path / "whole", frame_stages=mended))
    assert coco_of(out) == coco_of(tmp_path / "whole")


def test_a_run_whose_outputs_cannot_be_written_has_failed(drive, tmp_path):
    def finish(summary):
        assert len(Dataset.open(str(tmp_path / "out"))) == summary.total
        raise ResourceError("annotations.json cannot be written.")

    with pytest.raises(ResourceError):
        run(plan(drive, tmp_path / "out", finish=finish))
    kept = read_run(Storage(str(tmp_path / "out")))
    assert (kept.state, kept.failure) == ("failed", "annotations.json cannot be written.")
    (tmp_path / "blocked").mkdir()
    run(plan(drive, tmp_path / "blocked", frame_stages=stages(BrightRegions())))
    shutil.rmtree(tmp_path / "blocked" / "results")
    (tmp_path / "blocked" / "results").write_text("in the way")
    with pytest.raises(ResourceError, match=r"blocked/results/.* cannot be written: a file is where"):
        run(plan(drive, tmp_path / "blocked"))
    assert read_run(Storage(str(tmp_path / "blocked"))).state == "failed"


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


def test_a_run_that_never_began_leaves_the_folder_free_for_another_source(drive, tmp_path):
    def refused():
        raise InputError("The detector is refused.")

    with pytest.raises(InputError):
        run(plan(drive, tmp_path / "out", frame_stages=refused))
    assert read_run(Storage(str(tmp_path / "out"))) is None
    run(plan(drive, tmp_path / "out"))
    with pytest.raises(InputError):
        run(plan(drive, tmp_path / "out", frame_stages=refused))
    kept = read_run(Storage(str(tmp_path / "out")))
    assert (kept.state, kept.failure) == ("failed", "The detector is refused.")
    assert len(Dataset.open(str(tmp_path / "out"))) == 6  # the result of before stays


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
