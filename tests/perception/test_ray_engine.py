"""A run on Ray: the same result, and one sentence for what goes wrong there."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pipeline_kit import BrightRegions, Score, StopAfter, coco_of, plan, stages

from codriver.errors import ResourceError
from perception.dataset.run_file import read_run
from perception.dataset.storage import Storage
from perception.pipeline.run import run


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
